// npm start [-- --once]: builds the bundle, makes the lab, starts the box in it and shows the main job step by step.
// Runs until Ctrl-C with the owner's page on the host's loopback; with --once it ends after the last step.
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { UserError } from '../../src/base/errors.ts';
import { ADDRESSES } from './addresses.ts';
import { Box } from './box.ts';
import { HostDoor } from './host-door.ts';
import { mainJob } from './main-job.ts';
import { Office } from './office.ts';
import { outputOf } from './run-command.ts';
import { StepFailed, Story } from './story.ts';

const PREFERRED_PORT = 8080;
const root = join(import.meta.dirname, '../..');

const PICTURE = `
  Gatepost between a provider and an office. All of it is in network namespaces of this machine, and talks by
  real programs. Each line below is one thing done: what was seen, and how long it took.

   world                isp                      box                       switch
  ┌──────────────┐     ┌───────────────┐  wan0  ┌──────────┐  lan0        ┌──────┐   ┌─────────────┐
  │ 198.51.100.2 ├─────┤ 203.0.113.1   ├────────┤ Gatepost ├──────────────┤      ├───┤ pc1 dhclient│
  │ web, mail    │     │ DHCP, names   │        │          │ 192.168.77.1 │      │   └─────────────┘
  └──────────────┘     └───────────────┘        └──────────┘              │      │   ┌─────────────┐
                                                                          │      ├───┤ pc2 udhcpc  │
                                                                          └──────┘   └─────────────┘
`;

interface Running {
  readonly office: Office;
  readonly box: Box;
}

async function buildBundle(): Promise<string> {
  // The bundler is a package of the project, so it runs with the environment of this process.
  await outputOf([process.execPath, join(root, 'build/bundle.ts')], {
    env: { PATH: process.env['PATH'] ?? '' },
  });
  const parts = globSync('dist/*.mjs', { cwd: root });
  const size = parts.reduce((sum, part) => sum + statSync(join(root, part)).size, 0);
  return `dist/gatepost.mjs and its ${parts.length - 1} parts, ${Math.round(size / 1024)} KiB`;
}

async function setUp(story: Story): Promise<Running> {
  let office: Office | undefined;
  let box: Box | undefined;
  await story.step('bundle built', buildBundle);
  await story.step('lab created', async () => {
    office = await Office.create();
    return `${Object.keys(office.hosts).length} namespaces, logs in ${office.lab.directory}`;
  });
  await story.step('box ready', async () => {
    if (office === undefined) throw new Error('Cannot start the box: the lab is missing');
    box = new Box(office.box);
    await box.start();
    return 'every service of its configuration answers';
  });
  if (office === undefined || box === undefined)
    throw new Error('Cannot go on: the lab or the box is missing');
  return { office, box };
}

async function showMainJob(story: Story, { office, box }: Running): Promise<void> {
  try {
    for (const { name, work } of mainJob(office, box)) await story.step(name, work);
  } catch (error) {
    story.say(`\n  The last words of the box:\n${box.program.log.tail()}`);
    throw error;
  }
}

async function openDoor({ office }: Running): Promise<HostDoor> {
  return HostDoor.open({
    namespace: office.pc1.namespace,
    address: ADDRESSES.boxLan,
    port: 8080,
    hostPort: PREFERRED_PORT,
  });
}

/** @throws UserError */
function isOnce(): boolean {
  const [word, ...more] = process.argv.slice(2);
  const unknown = [word === '--once' ? undefined : word, ...more].find((one) => one !== undefined);
  if (unknown !== undefined)
    throw new UserError(`Cannot start with "${unknown}": wanted is "npm start" or "npm start -- --once"`);
  return word === '--once';
}

async function main(): Promise<void> {
  const once = isOnce();
  const story = new Story();
  story.say(PICTURE);
  const running = await setUp(story);
  await showMainJob(story, running);
  let door: HostDoor | undefined;
  await story.step('door to this machine', async () => {
    door = await openDoor(running);
    const answer = await fetch(door.url, { headers: { connection: 'close' } });
    if (!answer.ok) throw new Error(`${door.url} answers ${answer.status}`);
    return door.url;
  });
  if (once) {
    door?.close();
    running.office.remove();
    story.say('\n  All of it works, and nothing of it is left.\n');
    return;
  }
  const { runPath } = running.box;
  story.say(`
  The owner's page:  ${door?.url}
  Its commands:      dist/gatepost status --run ${runPath}
                     and leases, names, health, flows, firewall show, mail queue; dist/gatepost --help has all
  Ctrl-C ends it all.
`);
  // Set after the lab's own handler and so called after it.
  process.on('exit', () => story.say('\n  Removed: namespaces, programs and files of the lab.\n'));
  await new Promise(() => {});
}

// Set before the lab's own handlers: here Ctrl-C is the ordinary end. What the lab does at exit follows.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));

try {
  await main();
} catch (error) {
  if (error instanceof StepFailed) process.stderr.write(`\n  Failed at: ${error.message}\n`);
  else if (error instanceof UserError) process.stderr.write(`${error.message}\n`);
  else throw error;
  process.exitCode = 1;
}
process.exit();
