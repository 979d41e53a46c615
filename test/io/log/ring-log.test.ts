import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { type LogEntry, LOG_LEVELS } from '../../../src/port/log.ts';
import { formatEntry } from '../../../src/io/log/format-entry.ts';
import { MAX_LINE, RingLog, type RingLogOptions } from '../../../src/io/log/ring-log.ts';
import { FakeClock } from '../../fake/fake-clock.ts';

function setUp(options: Partial<RingLogOptions> = {}): { log: RingLog; printed: string[] } {
  const printed: string[] = [];
  const log = new RingLog({
    clock: new FakeClock(),
    print: (line) => void printed.push(line),
    ...options,
  });
  return { log, printed };
}

const texts = (log: RingLog): string[] => log.entries().map((entry) => entry.text);

test('RingLog keeps entries in order with their source, level and time', () => {
  const { log } = setUp();
  log.logFor('wan').info('lease obtained');
  log.logFor('dhcp').error('pool is empty');
  const [first, second] = log.entries();
  assert.deepEqual([first?.source, first?.level, first?.text], ['wan', 'info', 'lease obtained']);
  assert.deepEqual([second?.source, second?.level, second?.text], ['dhcp', 'error', 'pool is empty']);
  assert.equal(typeof first?.time, 'number');
});

test('RingLog at its cap pushes out the oldest entry and counts it', () => {
  const { log } = setUp({ capacity: 3 });
  for (const text of ['a', 'b', 'c', 'd', 'e']) log.logFor('x').info(text);
  assert.deepEqual(texts(log), ['c', 'd', 'e']);
  assert.equal(log.pushedOut, 2);
});

test('RingLog drops levels below keepFrom and prints from printFrom on', () => {
  const { log, printed } = setUp({ keepFrom: 'info', printFrom: 'warn' });
  const source = log.logFor('x');
  for (const level of LOG_LEVELS) source[level](level);
  assert.deepEqual(texts(log), ['info', 'notice', 'warn', 'error', 'fatal']);
  assert.deepEqual(
    printed.map((line) => line.split(' ').at(-1)),
    ['warn', 'error', 'fatal'],
  );
});

test('RingLog replaces control characters and cuts long lines, printed or kept', () => {
  const { log, printed } = setUp();
  log.logFor('mail').warn(`from <a\r\nb> ${'x'.repeat(2 * MAX_LINE)}`);
  const [text] = texts(log);
  assert.equal(text?.length, MAX_LINE);
  assert.ok(text.startsWith('from <a\\x0d\\x0ab> xxx'));
  assert.deepEqual(
    printed.map((line) => line.includes('\n')),
    [false],
  );
});

test('RingLog takes entries of other roles with their own time, and cleans them too', () => {
  const { log } = setUp();
  const entry: LogEntry = { time: Timestamp(5), level: 'warn', source: 'smtp\u0007', text: 'te\u001bxt' };
  log.add(entry);
  assert.deepEqual(log.entries(), [
    { time: Timestamp(5), level: 'warn', source: 'smtp\\x07', text: 'te\\x1bxt' },
  ]);
});

test('RingLog gives subscribers every kept entry until they cancel', () => {
  const { log } = setUp({ keepFrom: 'info' });
  const seen: string[] = [];
  const subscription = log.subscribe((entry) => void seen.push(entry.text));
  log.logFor('x').info('one');
  log.logFor('x').debug('not kept');
  log.logFor('x').info('two');
  subscription.cancel();
  subscription.cancel();
  log.logFor('x').info('three');
  assert.deepEqual(seen, ['one', 'two']);
});

test('formatEntry() is one line in UTC, also for a time no calendar has', () => {
  const entry: LogEntry = { time: Timestamp(0), level: 'info', source: 'wan', text: 'up' };
  assert.equal(formatEntry(entry), '1970-01-01T00:00:00.000Z info   wan: up');
  assert.equal(formatEntry({ ...entry, time: Timestamp(Number.NaN) }), '(time unknown) info   wan: up');
});
