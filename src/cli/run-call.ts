import type { Call } from './read-options.ts';

/** How `gatepost run` is called; what it does is the role's. */
export const RUN_CALL = {
  name: 'run',
  usage: 'run [--config FILE] [--data DIR] [--run DIR] [--teardown] [--board FILE --slot SLOT [--fallback]]',
  summary: 'starts the box in this network namespace',
  words: [0, 0],
  options: {
    config: true,
    data: true,
    run: true,
    teardown: false,
    board: true,
    slot: true,
    fallback: false,
  },
} as const satisfies Call & { readonly summary: string };
