import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ACTIONS, ACTION_TEXTS } from '../../../src/engine/console/actions.ts';
import { troublesOf } from '../../../src/engine/console/advice.ts';
import { type ConsoleFacts, NOTHING_KNOWN } from '../../../src/engine/console/facts.ts';
import { type Key, type Pending, readKeys } from '../../../src/engine/console/keys.ts';
import { plainText, wrapText } from '../../../src/engine/console/plain-text.ts';
import { renderConsole } from '../../../src/engine/console/render.ts';
import {
  type ConsoleEvent,
  type ConsoleState,
  initialConsole,
  stepConsole,
} from '../../../src/engine/console/step.ts';
import { failed, groupOf, ok, reportOf, warning } from '../../../src/engine/health/check.ts';
import type { HealthReport } from '../../../src/port/health-report.ts';
import { STATUS } from '../../fake/fake-box.ts';

const SIZE = { columns: 80, rows: 25 };
const HEALTH: HealthReport = reportOf(
  groupOf('box', [
    groupOf('wan', [
      {
        name: 'link',
        ...ok('connected'),
        children: [{ name: 'address', ...failed('Nobody answers'), children: [] }],
      },
    ]),
    groupOf('lan', [{ name: 'devices', ...ok('lan0 up'), children: [] }]),
    groupOf('notices', [{ name: 'ports', ...warning('Only one port'), children: [] }]),
  ]),
);

function factsWith(more: Partial<ConsoleFacts> = {}): ConsoleFacts {
  const update = { board: 'rpi', version: '1.2.3', slot: 'a', onTrial: false, problem: null };
  const box = {
    status: STATUS,
    health: HEALTH,
    update,
    data: { directory: '/data', problem: null, canFormat: true },
  };
  return { ...NOTHING_KNOWN, box, hasAnswered: true, ...more };
}

function after(
  events: readonly ConsoleEvent[],
  size = SIZE,
): { state: ConsoleState; acts: readonly string[] } {
  let state = initialConsole(size);
  const acts: string[] = [];
  for (const event of events) {
    const step = stepConsole(state, event);
    state = step.state;
    acts.push(...step.effects.flatMap((effect) => (effect.kind === 'act' ? [effect.action] : [])));
  }
  return { state, acts };
}

const FACTS: ConsoleEvent = { kind: 'facts', facts: factsWith() };
const typed = (text: string): ConsoleEvent[] =>
  text.split('').map((character) => ({
    kind: 'key',
    key: character === '\n' ? { kind: 'enter' } : { kind: 'character', character },
  }));

function keysOf(...chunks: readonly (readonly number[])[]): string {
  let pending: Pending = [];
  const all: Key[] = [];
  for (const chunk of chunks) {
    const read = readKeys(pending, Uint8Array.from(chunk));
    pending = read.pending;
    all.push(...read.keys);
  }
  return all.map((key) => (key.kind === 'character' ? key.character : `<${key.kind}>`)).join('');
}

test('readKeys() reads letters, Enter, Backspace and Esc, and passes over everything else', () => {
  assert.equal(keysOf([0x61, 0x0d, 0x7f, 0x08, 0x5a]), 'a<enter><backspace><backspace>Z');
  assert.equal(keysOf([0x00, 0x07, 0x80, 0xff, 0x1f]), '');
  assert.equal(keysOf([0x1b]), '<escape>');
});

test('readKeys() passes over the sequences of arrows and function keys, in one piece or several (ECMA-48 section 5.4)', () => {
  assert.equal(keysOf([0x1b, 0x5b, 0x41, 0x78]), 'x');
  assert.equal(keysOf([0x1b, 0x5b, 0x31, 0x35, 0x7e], [0x1b, 0x4f, 0x50], [0x79]), 'y');
  assert.equal(keysOf([0x1b, 0x5b], [0x42], [0x7a]), 'z');
});

test('readKeys() comes out of any noise, and the next keys count', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (chunks) => {
      let pending: Pending = [];
      for (const chunk of chunks) ({ pending } = readKeys(pending, chunk));
      const zeros = readKeys(pending, new Uint8Array(20));
      const { keys } = readKeys(zeros.pending, Uint8Array.of(0x61));
      assert.deepEqual(keys.at(-1), { kind: 'character', character: 'a' });
    }),
  );
});

test('every screen has exactly its lines, none too wide, all of printable ASCII', () => {
  const size = fc.record({
    columns: fc.integer({ min: 1, max: 240 }),
    rows: fc.integer({ min: 1, max: 60 }),
  });
  const name = fc.string({ unit: 'binary', maxLength: 200 });
  const keys = fc.array(fc.constantFrom(...'alrofdyesx\n'.split('')), { maxLength: 12 });
  fc.assert(
    fc.property(size, name, keys, fc.boolean(), (screen, text, pressed, answers) => {
      const log = [{ time: '2026-11-23T02:00:00.000Z', level: 'info' as const, source: 'net', text }];
      const box = factsWith().box;
      const facts = factsWith({
        box: answers && box !== undefined ? { ...box, status: { ...STATUS, name: text } } : undefined,
        starting: text,
        bootData: text,
      });
      const { state } = after(
        [{ kind: 'facts', facts }, ...typed(pressed.join('')), { kind: 'log', lines: log }],
        screen,
      );
      const lines = renderConsole(state);
      assert.equal(lines.length, screen.rows);
      for (const line of lines) assert.match(line, new RegExp(`^[ -~]{0,${screen.columns}}$`));
    }),
  );
});

test('on 80x25 and on 40 columns the page, every state, the first trouble and the keys are there', () => {
  for (const columns of [80, 40]) {
    const text = renderConsole(after([FACTS], { columns, rows: 25 }).state).join('\n');
    for (const wanted of [
      'gatepost.office.example',
      '1.2.3 from slot a',
      'DOES NOT',
      'Nobody',
      'wan link address',
      'L: log',
      'D: format data',
    ])
      assert.ok(text.includes(wanted), `${wanted} in\n${text}`);
  }
});

test('an update shows its progress, a trial that it is one', () => {
  const { box } = factsWith();
  assert.ok(box?.update !== null && box !== undefined);
  const screen = (update: typeof box.update): string =>
    renderConsole(after([{ kind: 'facts', facts: factsWith({ box: { ...box, update } }) }]).state)
      .join(' ')
      .replaceAll(/ +/g, ' ');
  assert.match(
    screen({ ...box.update, progress: { stage: 'writing', done: 30, octets: 90 } }),
    /writing 33 %: do not switch off/,
  );
  assert.match(screen({ ...box.update, onTrial: true }), /on trial after an update/);
});

test('an action happens when its word is typed behind its key, and in no other way', () => {
  for (const action of ACTIONS) {
    const { key, word } = ACTION_TEXTS[action];
    assert.deepEqual(after([FACTS, ...typed(`${key}${word}\n`)]).acts, [action]);
    assert.deepEqual(after([FACTS, ...typed(`${key}yes\n`)]).acts, []);
    assert.deepEqual(after(typed(`${key}${word}\n`)).acts, [], 'not while the box does not answer');
  }
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
      let pending: Pending = [];
      const events: ConsoleEvent[] = [FACTS];
      for (const chunk of chunks) {
        const read = readKeys(pending, chunk);
        pending = read.pending;
        events.push(...read.keys.map((key) => ({ kind: 'key', key }) as const));
      }
      assert.deepEqual(after(events).acts, []);
    }),
  );
});

test('a half-typed word is forgotten when nobody goes on', () => {
  const { state } = after([FACTS, ...typed('fres'), { kind: 'idle' }]);
  assert.equal(state.view.kind, 'status');
});

test('formatting is offered for broken data only', () => {
  const { box } = factsWith();
  assert.ok(box !== undefined);
  const facts = factsWith({ box: { ...box, data: { directory: '/data', problem: null, canFormat: false } } });
  assert.deepEqual(after([{ kind: 'facts', facts }, ...typed('dformat\n')]).acts, []);
});

test('troublesOf() names what failed before what is a warning, once each, with what to do', () => {
  assert.deepEqual(
    troublesOf(HEALTH).map(({ where, reason }) => `${where}: ${reason}`),
    ['wan link address: Nobody answers', 'ports: Only one port'],
  );
  assert.match(troublesOf(HEALTH)[0]?.advice ?? '', /modem off and on/);
});

test('plainText() writes names in letters that every console has', () => {
  assert.equal(plainText('Büro Größe 名\u001b[2J\n'), 'Buro Grosse ??[2J ');
});

test('wrapText() loses no word and breaks what has no blanks', () => {
  assert.deepEqual(wrapText('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrapText('abcdefgh', 3), ['abc', 'def', 'gh']);
  assert.deepEqual(wrapText('', 3), ['']);
});
