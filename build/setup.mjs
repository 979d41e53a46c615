// Brings a fresh Debian 12 machine with any Node >= 20 to the state every other program of this project
// expects, then runs the given program on the pinned Node:  node build/setup.mjs [--image] PROGRAM.ts [ARG ...]
// With --image it installs what images are made and tried with, too.
// Plain JavaScript without imports from node_modules, because it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const pinnedNode = join(modules, '.bin', 'node');
const forImage = process.argv[2] === '--image';
// Who only asks how an image is made needs nothing for it.
const isQuestion = process.argv.includes('--help');
const lists = ['apt-packages.txt', ...(forImage && !isQuestion ? ['apt-packages-image.txt'] : [])];

function fail(sentence) {
  process.stderr.write(`setup: ${sentence}\n`);
  process.exit(1);
}

function run(command, args, options = {}) {
  const { env, ...rest } = options;
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
    ...rest,
  });
  if (result.error) fail(`Cannot run "${command}": ${result.error.message}`);
  if (result.status !== 0) {
    const tail = `${result.stdout}${result.stderr}`.trim().split('\n').slice(-25).join('\n');
    fail(`"${[command, ...args].join(' ')}" ended with ${result.status}:\n${tail}`);
  }
  return result.stdout;
}

function step(text, work) {
  const begun = Date.now();
  process.stderr.write(`setup: ${text} ... `);
  work();
  process.stderr.write(`${((Date.now() - begun) / 1000).toFixed(1)} s\n`);
}

function missingDebianPackages() {
  const wanted = lists
    .flatMap((name) => readFileSync(join(root, 'build', name), 'utf8').split('\n'))
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  const known = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n'], {
    encoding: 'utf8',
  });
  if (known.status !== 0)
    fail('Cannot list the installed packages: dpkg-query is missing, a Debian 12 machine is needed');
  const installed = new Set(
    known.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return wanted.filter((name) => !installed.has(name));
}

/** Mail servers and resolvers would start on install and take the host's own ports; the lab starts its own. */
function withoutServiceStart(work) {
  const policy = '/usr/sbin/policy-rc.d';
  const mine = !existsSync(policy);
  if (mine) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    if (mine) rmSync(policy, { force: true });
  }
}

function installDebianPackages() {
  const missing = missingDebianPackages();
  if (missing.length === 0) return;
  if (process.getuid() !== 0) fail(`Cannot install ${missing.join(', ')}: root is needed`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  step(`installing ${missing.length} Debian packages (${missing.join(' ')})`, () =>
    withoutServiceStart(() => {
      run('apt-get', ['update', '-q'], { env });
      run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], { env });
    }),
  );
}

function installNpmPackages() {
  const stamp = join(modules, '.gatepost-lock');
  const want = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want && existsSync(pinnedNode)) return;
  step('installing npm packages from the lock file', () => {
    // The lock file has exact versions and hashes, so what npm has in its cache need not be asked for again.
    run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']);
    if (!existsSync(pinnedNode))
      fail(`No pinned Node for ${platform()}-${arch()}: linux-x64 and linux-arm64 are supported`);
  });
  // npm runs no install scripts here; raw-socket is the one package that needs its build, so it is named.
  step('compiling raw-socket for the pinned Node', () => {
    const headers = join(modules, `node-linux-${arch()}`);
    // Run by npm, node-gyp would take the headers of npm's own Node from the environment before those named here.
    const env = { npm_config_nodedir: headers };
    const cwd = join(modules, 'raw-socket');
    run(pinnedNode, [join(modules, 'node-gyp/bin/node-gyp.js'), 'rebuild', `--nodedir=${headers}`], {
      cwd,
      env,
    });
    run(pinnedNode, ['-e', "require('raw-socket')"]);
  });
  mkdirSync(modules, { recursive: true });
  writeFileSync(stamp, want);
}

if (platform() !== 'linux') fail(`Cannot set up on ${platform()}: Linux is needed`);
installDebianPackages();
installNpmPackages();

const [program, ...args] = process.argv.slice(forImage ? 3 : 2);
if (program !== undefined) {
  const path = `${join(modules, '.bin')}:${process.env.PATH}`;
  const child = spawn(pinnedNode, ['--disable-warning=ExperimentalWarning', join(root, program), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  // A terminal sends Ctrl-C to the whole group already; a supervisor's signal reaches only this process.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
