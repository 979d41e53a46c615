import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable } from '../../src/cli/table.ts';
import { SCREEN } from './call-command.ts';

test('formatTable() makes each column as wide as its longest cell, two spaces apart, without spaces at the end', () => {
  const rows = [
    ['ADDRESS', 'NAME', 'STATE'],
    ['192.168.77.20', 'pc', 'bound'],
    ['192.168.77.3', '', 'ended'],
    ['192.168.77.4', 'printer', ''],
  ];
  assert.deepEqual(formatTable(rows).split('\n'), [
    'ADDRESS        NAME     STATE',
    '192.168.77.20  pc       bound',
    '192.168.77.3            ended',
    '192.168.77.4   printer',
  ]);
});

test('formatTable() takes rows of different lengths, one row, and none', () => {
  assert.equal(formatTable([['a'], ['b', 'c']]), 'a\nb  c');
  assert.equal(formatTable([['a', 'b']]), 'a  b');
  assert.equal(formatTable([]), '');
});

test('formatTable() counts the columns of a terminal, not the letters: East Asian letters and emoji take two, marks none', () => {
  const names = ['pc', 'プリンタ', 'Bu\u0308ro', '🖨️', '👩‍💻 pc', '한글'];
  const lines = formatTable([['NAME', 'STATE'], ...names.map((name) => [name, 'bound'])]).split('\n');
  assert.deepEqual(lines, [
    'NAME      STATE',
    'pc        bound',
    'プリンタ  bound',
    'Bu\u0308ro      bound',
    '🖨️        bound',
    '👩‍💻 pc     bound',
    '한글      bound',
  ]);
});

test('formatTable() puts numbers and sizes to the right, and no column of which one cell is neither', () => {
  const rows = [
    ['ID', 'SIZE', 'ADDRESS', 'TRIES'],
    ['7', '22.5 KiB', '192.168.77.20', '3'],
    ['105', '1 byte', '10', '-'],
  ];
  assert.deepEqual(formatTable(rows).split('\n'), [
    ' ID      SIZE  ADDRESS        TRIES',
    '  7  22.5 KiB  192.168.77.20      3',
    '105    1 byte  10                 -',
  ]);
});

test('formatTable() breaks the last column at blanks where the terminal is too narrow, and leaves a pipe alone', () => {
  const reason = '450 4.2.0 Greylisted, try again later';
  const rows = [
    ['TO', 'REASON'],
    ['ann@elsewhere.example', reason],
  ];
  assert.deepEqual(formatTable(rows, { ...SCREEN, columns: 44 }).split('\n'), [
    'TO                     REASON',
    'ann@elsewhere.example  450 4.2.0 Greylisted,',
    '                       try again later',
  ]);
  assert.match(formatTable(rows, SCREEN), /Greylisted, try again later$/);
  assert.match(formatTable(rows, { ...SCREEN, columns: 30 }), /Greylisted, try again later$/);
});

test('formatTable() lets no cell control the terminal or turn the writing direction around', () => {
  const text = formatTable([['NAME'], ['\u001b[2Jpc\u202e\n']]);
  assert.equal(text, 'NAME\n\\x1b[2Jpc\\u202e\\x0a');
});
