import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeRuntime } from './node-runtime.ts';
import { runProgram } from './run-program.ts';
import { type Tree } from './tree.ts';
import type { WorkFolder } from './work-folder.ts';

/** As node-gyp calls the compiler for an add-on in C++. */
const FLAGS = [
  '-shared',
  '-fPIC',
  '-pthread',
  '-O3',
  '-fno-rtti',
  '-fno-exceptions',
  '-fno-strict-aliasing',
  '-std=gnu++20',
  '-DNODE_GYP_MODULE_NAME=raw',
  '-DUSING_UV_SHARED=1',
  '-DUSING_V8_SHARED=1',
  '-DV8_DEPRECATION_WARNINGS=1',
  '-D_GLIBCXX_USE_CXX11_ABI=1',
  '-D_FILE_OFFSET_BITS=64',
  '-D_LARGEFILE_SOURCE',
  '-DBUILDING_NODE_EXTENSION',
  '-Wl,--strip-all',
  // The path of the object would give the add-on another build ID on every machine.
  '-Wl,--build-id=none',
] as const;

/** The two add-ons of the bundle for arm64: one is in its package already, the other is compiled here. Names as build/bundle.ts has them. */
export async function nativeAddOns(modules: string, node: NodeRuntime, work: WorkFolder): Promise<Tree> {
  const source = join(modules, 'raw-socket/src/raw.cc');
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex');
  const folder = await work.kept('raw-socket', [hash, node.version, FLAGS], async (target) => {
    await runProgram([
      'aarch64-linux-gnu-g++',
      ...FLAGS,
      `-I${node.include}`,
      `-I${join(modules, 'nan')}`,
      '-o',
      join(target, 'raw.node'),
      source,
    ]);
  });
  const file = (from: string, origin: string) => ({ kind: 'file', from, executable: false, origin }) as const;
  return new Map([
    ['native/netlink.node', file(join(modules, 'netlink/prebuilds/linux-arm64/node.napi.node'), 'netlink')],
    ['native/raw.node', file(join(folder, 'raw.node'), 'raw-socket')],
  ]);
}
