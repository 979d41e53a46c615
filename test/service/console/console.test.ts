import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds, Minutes, Seconds } from '../../../src/base/duration.ts';
import { groupOf, reportOf } from '../../../src/engine/health/check.ts';
import type { TerminalHandlers } from '../../../src/port/terminal.ts';
import { type ConsoleBox, ConsoleService } from '../../../src/service/console/console.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { STATUS } from '../../fake/fake-box.ts';

function harness(size = { columns: 0, rows: 0 }) {
  const [clock, written, acts, gone] = [new FakeClock(), [] as string[], [] as string[], [] as string[]];
  const line = { isBusy: false, handlers: undefined as TerminalHandlers | undefined };
  const world = { name: 'reception', isThere: true };
  const box: ConsoleBox = {
    facts: async () => {
      if (!world.isThere) throw new Error('the box is not running');
      const health = reportOf(groupOf('box', []));
      const status = { ...STATUS, name: world.name };
      return { status, health, update: null, data: { directory: '/data', problem: null, canFormat: false } };
    },
    log: () => Promise.reject(new Error('Cannot read the log')),
    act: async (action) => void acts.push(action),
    starting: () => Promise.resolve(undefined),
    bootData: () => Promise.resolve(undefined),
  };
  const open = (handlers: TerminalHandlers) => {
    line.handlers = handlers;
    return {
      size: () => size,
      write: (text: string) => void written.push(text),
      get isBusy() {
        return line.isBusy;
      },
      close: () => undefined,
    };
  };
  const service = new ConsoleService({ clock, box, open, onGone: (reason) => gone.push(reason) });
  const press = (text: string): void => line.handlers?.onOctets(new TextEncoder().encode(text));
  return { service, clock, written, acts, gone, line, world, press };
}

test('ConsoleService draws the changed lines only, and nothing while nothing changes', async () => {
  const { service, clock, written, world } = harness();
  await clock.advance(Seconds(10));
  assert.match(written[0] ?? '', /^\u001b\[\?25l\u001b\[0m\u001b\[2J.*The box is starting/s);
  const before = written.length;
  await clock.advance(Minutes(5));
  assert.equal(written.length, before);
  world.name = 'office';
  await clock.advance(Seconds(5));
  assert.equal(written.length, before + 1);
  assert.match(written.at(-1) ?? '', /^\u001b\[1;1H\u001b\[Koffice\.office\.example +Gatepost 0\.1\.0$/);
  service.stop();
});

test('ConsoleService.stop() leaves no wake behind', async () => {
  const { service, clock, press } = harness();
  press('?');
  await clock.advance(Seconds(1));
  service.stop();
  assert.equal(clock.pending, 0);
});

test('ConsoleService draws all of it after a key, as somebody else may have written there', async () => {
  const { service, clock, written, press } = harness();
  await clock.advance(Seconds(5));
  press('?');
  assert.match(written.at(-1) ?? '', /\u001b\[2J/);
  service.stop();
});

test('ConsoleService queues nothing up for a line that is stopped, and shows what is then', async () => {
  const { service, clock, written, line, world } = harness();
  await clock.advance(Seconds(5));
  line.isBusy = true;
  const before = written.length;
  for (const name of ['one', 'two', 'three']) {
    world.name = name;
    await clock.advance(Seconds(5));
  }
  assert.equal(written.length, before);
  line.isBusy = false;
  await clock.advance(Milliseconds(500));
  assert.match(written.slice(before).join(''), /three\.office/);
  assert.doesNotMatch(written.slice(before).join(''), /one\.office|two\.office/);
  service.stop();
});

test('ConsoleService says when the box is no more, and what it cannot do', async () => {
  const { service, clock, written, world, press, acts } = harness();
  await clock.advance(Seconds(5));
  press('l');
  await clock.advance(Seconds(1));
  assert.match(written.at(-1) ?? '', /Cannot read the log/);
  press('x');
  press('rrestart\r');
  await clock.advance(Seconds(1));
  assert.deepEqual(acts, ['restart']);
  world.isThere = false;
  press('\u001b');
  await clock.advance(Seconds(5));
  assert.match(written.at(-1) ?? '', /do not answer/);
  service.stop();
});

test('ConsoleService ends with its terminal', async () => {
  const { clock, gone, line, written } = harness();
  line.handlers?.onGone('it has hung up');
  const before = written.length;
  await clock.advance(Minutes(1));
  assert.deepEqual([gone, written.length], [['it has hung up'], before]);
});
