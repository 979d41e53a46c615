// npm run build: dist/gatepost.mjs (everything in one file), the native add-ons and page assets it loads beside it,
// and dist/gatepost, which starts it with the pinned Node.
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { arch } from 'node:os';
import { join, resolve } from 'node:path';
import { type BuildOptions, type Plugin, build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const target = join(root, 'dist');
// Built beside and then put in place: a box that is starting from the old one never finds half of it.
const dist = join(root, `dist.${process.pid}`);
const modules = join(root, 'node_modules');

const NATIVES = {
  'netlink.node': `netlink/prebuilds/linux-${arch()}/node.napi.node`,
  'raw.node': 'raw-socket/build/Release/raw.node',
} as const;

/** The packages find their native part by walking their own folder, which a bundle does not have: it lies in native/. */
const nativeAddOns: Plugin = {
  name: 'native-add-ons',
  setup(bundler) {
    bundler.onResolve({ filter: /^node-gyp-build$/ }, () => ({ path: 'netlink.node', namespace: 'native' }));
    bundler.onResolve({ filter: /\/build\/Release\/raw\.node$/ }, () => ({
      path: 'raw.node',
      namespace: 'native',
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'native' }, ({ path }) => {
      const load = `require('./native/${path}')`;
      return {
        contents: path === 'netlink.node' ? `module.exports = () => ${load};` : `module.exports = ${load};`,
        loader: 'js',
      };
    });
    bundler.onResolve({ filter: /^\.\/native\// }, ({ path }) => ({ path, external: true }));
  },
};

/**
 * Node's own modules are loaded when the code that needs them runs. As import statements they would all be loaded by
 * every process at its start, and an ES import of node:http touches its lazy properties and with them all of undici.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(bundler) {
    const names = new Set(builtinModules);
    bundler.onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path }) =>
      names.has(path.replace(/^node:/, '')) || path.startsWith('node:')
        ? { path, namespace: 'builtin' }
        : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** Every process parses the whole bundle; a quarter of it would be zod's messages in fifty languages, of which it uses one. */
const oneLanguage: Plugin = {
  name: 'one-language',
  setup(bundler) {
    bundler.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: join(modules, 'zod/v4/locales'),
    }));
  },
};

// CommonJS packages inside an ES module still expect these three names.
const BANNER = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
  'const __dirname = import.meta.dirname;',
  'const __filename = import.meta.filename;',
].join('\n');

// Four processes share a small board: V8's default of 16 MiB for the young generation of each is memory that only
// postpones collections; with 1 MiB the box needs 20 MB less and starts as fast.
const NODE_OPTIONS = '--disable-warning=ExperimentalWarning --max-semi-space-size=1';

const LAUNCHER = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
exec "$here/node" ${NODE_OPTIONS} "$here/gatepost.mjs" "$@"
`;

async function bundle(): Promise<void> {
  for (const folder of ['native', 'page']) mkdirSync(join(dist, folder), { recursive: true });
  const shared = {
    bundle: true,
    format: 'esm',
    target: 'node26',
    legalComments: 'none',
    logLevel: 'warning',
    minifySyntax: true,
    minifyWhitespace: true,
  } as const;
  const program = {
    ...shared,
    platform: 'node' as const,
    banner: { js: BANNER },
    plugins: [nativeAddOns, lazyBuiltins, oneLanguage],
    define: { 'process.env.NODE_ENV': '"production"' },
  } satisfies BuildOptions;
  await build({
    ...program,
    entryPoints: [join(root, 'src/main.ts')],
    outfile: join(dist, 'gatepost.mjs'),
  });
  // Whoever runs a program parses all of it, and keeps the memory: these two are small parts that run on their own.
  const parts = {
    'guardian.mjs': 'src/role/guardian-entry.ts',
    'packet-worker.mjs': 'src/io/linux/packet-worker-entry.ts',
  };
  for (const [name, entry] of Object.entries(parts)) {
    await build({ ...program, entryPoints: [join(root, entry)], outfile: join(dist, name) });
  }
  await build({
    ...shared,
    entryPoints: [join(root, 'src/web/client/live.ts')],
    outfile: join(dist, 'page/live.js'),
    target: 'es2022',
    platform: 'browser',
  });
  copyFileSync(join(root, 'src/web/views/style.css'), join(dist, 'page/style.css'));
  for (const [name, source] of Object.entries(NATIVES))
    copyFileSync(join(modules, source), join(dist, 'native', name));
  symlinkSync(join('..', 'node_modules', `node-linux-${arch()}`, 'bin/node'), join(dist, 'node'));
  writeFileSync(join(dist, 'gatepost'), LAUNCHER);
  chmodSync(join(dist, 'gatepost'), 0o755);
  rmSync(target, { recursive: true, force: true });
  renameSync(dist, target);
}

const begun = Date.now();
await bundle();
console.log(
  `built dist/gatepost.mjs, ${Math.round(statSync(join(target, 'gatepost.mjs')).size / 1024)} KiB, in ${Date.now() - begun} ms`,
);
