import { join } from 'node:path';
import process from 'node:process';
import type { Namespace } from '../lab/namespace.ts';
import type { Contestant } from './contestant.ts';
import { cpuSeconds } from './process-use.ts';

const NANOSECONDS = 1e9;

export interface Start {
  /** From exec until the last service answered. */
  readonly seconds: number;
  /** CPU time of all processes until then. */
  readonly cpu: number;
}

/** Starts a contestant and waits until DNS, SMTP, POP3 and the web page have all answered the client. */
export async function timeStart(contestant: Contestant, client: Namespace): Promise<Start> {
  const program = join(import.meta.dirname, 'service-prober.ts');
  const name = `prober-${contestant.namespace.name}`;
  const prober = client.start(name, [process.execPath, program, contestant.address]);
  await prober.line(/probing/);
  const begun = process.hrtime.bigint();
  contestant.launch();
  const [, json = '{}'] = await prober.line(/answered (.*)/);
  const cpu = cpuSeconds(await contestant.pids());
  const answers = Object.values(JSON.parse(json) as Record<string, string>).map(BigInt);
  const last = answers.reduce((a, b) => (a > b ? a : b));
  await prober.ended;
  return { seconds: Number(last - begun) / NANOSECONDS, cpu };
}
