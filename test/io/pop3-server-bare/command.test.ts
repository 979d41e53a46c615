import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCommand, parseNumbers, parsePlain } from '../../../src/io/pop3-server-bare/command.ts';

test('parseCommand() keeps the spaces of a password (RFC 1939 §7, PASS)', () => {
  assert.deepEqual(parseCommand(Buffer.from('pass a b  c ')), { verb: 'PASS', rest: 'a b  c ' });
  assert.deepEqual(parseCommand(Buffer.from('Stat')), { verb: 'STAT', rest: '' });
});

test('parseCommand() reads UTF-8, and Latin-1 where it is not UTF-8', () => {
  assert.equal(parseCommand(Buffer.from('PASS geheimnüß'))?.rest, 'geheimnüß');
  assert.equal(parseCommand(Buffer.from('PASS geheimnüß', 'latin1'))?.rest, 'geheimnüß');
});

test('parseCommand() refuses what cannot be a command line', () => {
  for (const line of ['', ' ', 'RETR\t1', 'USER a\0b', 'USER a\x1b[2J', 'RE-TR 1', '\xff\xfe']) {
    assert.equal(parseCommand(Buffer.from(line, 'latin1')), undefined, JSON.stringify(line));
  }
});

test('parseNumbers() wants whole numbers and as many as allowed', () => {
  assert.deepEqual(parseNumbers('1 20', 2, 2), [1, 20]);
  assert.deepEqual(parseNumbers(' 1 ', 0, 1), [1]);
  for (const rest of ['', '1 2 3', '-1 2', '1 x', '1.5 2', '1 9999999999'])
    assert.equal(parseNumbers(rest, 2, 2), undefined, rest);
});

const plain = (text: string): string => Buffer.from(text).toString('base64');

test('parsePlain() takes name and password with or without the same authorization identity (RFC 4616 §2)', () => {
  assert.deepEqual(parsePlain(plain('\0alice\0s e c')), { username: 'alice', password: 's e c' });
  assert.deepEqual(parsePlain(plain('alice\0alice\0pässword')), { username: 'alice', password: 'pässword' });
});

test('parsePlain() refuses another identity, missing parts and what is not base64', () => {
  const bad = [
    plain('bob\0alice\0x'),
    plain('alice\0x'),
    plain('\0\0x'),
    plain('\0a\0b\0c'),
    plain('\0a\0b\r'),
  ];
  for (const response of [...bad, '', '=', '*', 'AA=A', 'AAAA AAAA', 'ÄÖÜ='])
    assert.equal(parsePlain(response), undefined);
});

test('parseCommand() and parsePlain() never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      parseCommand(bytes);
      parsePlain(Buffer.from(bytes).toString('latin1'));
      parsePlain(Buffer.from(bytes).toString('base64'));
    }),
  );
});
