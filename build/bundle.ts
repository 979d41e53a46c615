// npm run build: dist/gatepost.mjs, the parts, native add-ons and page assets it loads beside it, and dist/gatepost,
// which starts it with the pinned Node.
import {
  chmodSync,
  copyFileSync,
  globSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { arch } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { type BuildOptions, type Plugin, build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const target = join(root, 'dist');
// Built beside and then put in place: a box that is starting from the old one never finds half of it.
const dist = join(root, `dist.${process.pid}`);
const modules = join(root, 'node_modules');

// Who runs a program parses all of it and keeps the memory: each process reads its own part, in one piece.
const PARTS = {
  'gatepost.mjs': 'src/main.ts',
  'cli.mjs': 'src/cli/cli.ts',
  'run.mjs': 'src/role/run.ts',
  'net.mjs': 'src/role/net/net.ts',
  'post.mjs': 'src/role/post.ts',
  'web.mjs': 'src/role/web.ts',
  'console.mjs': 'src/role/console-entry.ts',
  'guardian.mjs': 'src/role/guardian-entry.ts',
  'packet-worker.mjs': 'src/io/linux/packet-worker-entry.ts',
} as const;

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
 * Node's own modules are loaded when the code that needs them runs, and of each only the names that are used are touched:
 * among the properties of node:http and node:util are some that load all of undici when they are looked at.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(bundler) {
    bundler.onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ kind, path }) =>
      isBuiltin(path)
        ? { path, namespace: kind === 'import-statement' ? 'builtin' : 'required-builtin' }
        : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: 'required-builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: [
        `const builtin = /* @__PURE__ */ process.getBuiltinModule(${JSON.stringify(path)});`,
        'export default builtin;',
        ...Object.keys(process.getBuiltinModule(path) ?? {})
          .filter((name) => /^[a-z]\w*$/i.test(name) && name !== 'default')
          .map((name) => `export const ${name} = /* @__PURE__ */ (() => builtin.${name})();`),
      ].join('\n'),
    }));
  },
};

/** The box speaks HTTP/1.1 only; the server's adapter would load Node's HTTP/2, to ask of each request whether it came by that. */
const withoutHttp2: Plugin = {
  name: 'without-http2',
  setup(bundler) {
    bundler.onResolve({ filter: /^node:http2$/ }, () => ({ path: 'http2', namespace: 'without' }));
    bundler.onLoad({ filter: /.*/, namespace: 'without' }, () => ({
      contents: 'export class Http2ServerRequest {}; export const constants = {};',
    }));
  },
};

/** What one part loads by import() stays a part of its own beside it. */
const partsBeside: Plugin = {
  name: 'parts-beside',
  setup(bundler) {
    bundler.onResolve({ filter: /^\./ }, ({ kind, resolveDir, path }) => {
      if (kind !== 'dynamic-import') return undefined;
      const source = relative(root, resolve(resolveDir, path));
      const [name] = Object.entries(PARTS).find(([, entry]) => entry === source) ?? [];
      return name === undefined ? undefined : { path: `./${name}`, external: true };
    });
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
file=$(readlink -f "$0")
here=\${file%/*}
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
    plugins: [nativeAddOns, withoutHttp2, lazyBuiltins, partsBeside],
    define: { 'process.env.NODE_ENV': '"production"' },
  } satisfies BuildOptions;
  await Promise.all(
    Object.entries(PARTS).map(([name, entry]) =>
      build({ ...program, entryPoints: [join(root, entry)], outfile: join(dist, name) }),
    ),
  );
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
const files = globSync('*.mjs', { cwd: target });
const size = files.reduce((sum, file) => sum + statSync(join(target, file)).size, 0);
console.log(
  `built dist/gatepost.mjs and its parts, ${Math.round(size / 1024)} KiB, in ${Date.now() - begun} ms`,
);
