import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { newMaker } from '../service/update/update-file.ts';
import { BUNDLE, type Box } from './box.ts';
import { Card } from './card.ts';
import { LoneBox } from './lone-box.ts';
import type { Program } from './program.ts';
import { TerminalScreen } from './terminal-screen.ts';
import { waitFor } from './wait-for.ts';

const RESTART = 10;
/** KiB that are the console's alone. */
const MEMORY = 20 * 1024;
/** Less than one answer about status and health. */
const LOOK_OCTETS = 5000;
let lone: LoneBox;
let card: Card;
let box: Box;
let screen: TerminalScreen;
let program: Program;

before(async () => {
  lone = await LoneBox.create();
  ({ box } = lone);
  card = await Card.make(box.namespace, newMaker());
  box.options = card.options('a');
  box.isConfigGiven = false;
  screen = await TerminalScreen.open(box.namespace, { columns: 80, rows: 25 });
  program = startOn('console', screen);
});

after(async () => {
  await screen.close();
  await box.crash();
  await card[Symbol.asyncDispose]();
  await lone[Symbol.asyncDispose]();
});

function startOn(name: string, { path }: TerminalScreen): Program {
  return box.namespace.start(name, [BUNDLE, 'console', '--tty', path, '--run', box.runPath]);
}

test('before the box runs the console says that it starts, then how it is, what is wrong and what to do', async () => {
  await screen.shows(/The box is starting\./);
  await box.start();
  const text = await screen.shows(/^Office +works: 192\.168\.77\.1\/24 on lan0$/m);
  assert.match(text, /^gatepost\.office\.example +Gatepost \d+\.\d+\.\d+$/m);
  assert.match(text, /^Page +http:\/\/192\.168\.77\.1:8080 and https:\/\/192\.168\.77\.1:8443$/m);
  assert.match(text, /^System +\S+ from slot a$/m);
  assert.match(text, /^Internet +DOES NOT WORK: address: No address yet/m);
  assert.match(text, /^ {2}> Switch the modem off and on/m);
  assert.match(text, /^A: address {2}L: log {2}R: restart {2}O: other system {2}F: factory settings$/m);
});

test('it takes little memory, and draws nothing while nothing changes', async () => {
  const pages = readFileSync(`/proc/${program.pid}/smaps_rollup`, 'utf8');
  const own = [...pages.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB$/gm)].reduce(
    (sum, [, kib]) => sum + Number(kib),
    0,
  );
  assert.ok(own < MEMORY, `${own} KiB`);
  writeFileSync(screen.path, '\u001b[20;1Hsomebody else wrote this');
  const read = (): number =>
    Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${program.pid}/io`, 'utf8'))?.[1]);
  const before = read();
  await waitFor('two more looks at the box', () => read() > before + 2 * LOOK_OCTETS);
  assert.match(await screen.text(), /somebody else wrote this/);
});

test('keys show the address and the log, noise does nothing, and any key draws the screen anew', async () => {
  await screen.press('a');
  await screen.shows(/^http:\/\/admin\.office\.example:8080$/m);
  await screen.press('Up');
  await screen.press('x');
  await screen.shows(/^Office/m);
  await screen.press('l');
  await screen.shows(/notice tls: Made a key and a certificate for mail\.office\.example/);
  await screen.press('Escape');
  await screen.shows(/^Office/m);
  // Noise, and what the kernel writes on the same screen.
  writeFileSync(screen.path, '\u001b[3;1Hkernel: usb 1-1.2: new device');
  await screen.shows(/kernel: usb/);
  await screen.press('-H', '00', '07', '7e', '80', 'ff', '3f');
  await screen.shows(/^Page/m);
  assert.doesNotMatch(await screen.text(), /kernel: usb/);
});

test('a reset wants its word; another one does nothing', async () => {
  await screen.press('f');
  await screen.shows(/stored mail: a mailbox is there again when/);
  await screen.press('y', 'e', 's', 'Enter');
  await screen.shows(/Nothing was done/);
  await screen.press('Escape', 'f', 'r', 'e', 's', 'e', 't', 'Enter');
  await screen.shows(/The box restarts now, with factory settings\./);
  assert.equal((await box.program.ended).code, RESTART);
  await screen.press('Escape');
  await screen.shows(/The programs of the box do not answer/);
  await box.start();
  await screen.shows(/^Office +works/m);
});

test('the other system is refused with the reason when there is none, and the board restarts by the menu', async () => {
  await screen.press('o', 'o', 't', 'h', 'e', 'r', 'Enter');
  await screen.shows(/Cannot start the other system: slot b holds no whole one/);
  await screen.press('Escape', 'r', 'r', 'e', 's', 't', 'a', 'r', 't', 'Enter');
  assert.equal((await box.program.ended).code, RESTART);
  await box.start();
});

test('it fits a serial terminal of 40 columns, and ends when the terminal is gone', async () => {
  const small = await TerminalScreen.open(box.namespace, { columns: 40, rows: 24 });
  const other = startOn('console-small', small);
  const text = await small.shows(/^Office:\n {2}works: 192\.168\.77\.1\/24 on lan0$/m);
  assert.match(text, /^gatepost\.office\.example/);
  await small.close();
  assert.equal((await other.ended).code, 4);
  assert.equal(program.running, true);
});
