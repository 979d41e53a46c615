import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../../src/base/errors.ts';
import {
  ROOT,
  ancestorsOf,
  countLabels,
  isHostName,
  isWithin,
  joinNames,
  labelsOf,
  nameOfLabels,
  parseDomainName,
  tryParseDomainName,
} from '../../../src/wire/dns/domain-name.ts';
import { anyLabels } from './arbitrary.ts';

const name = parseDomainName;

test('parseDomainName() lowers ASCII letters only (RFC 4343) and drops the final dot', () => {
  assert.equal(name('WWW.Office.EXAMPLE.'), 'www.office.example');
  assert.equal(name('.'), ROOT);
  assert.equal(name('\\196\\150x'), '\\196\\150x');
});

test('parseDomainName() reads escapes (RFC 1035 §5.1) and keeps an escaped final dot in its label', () => {
  assert.equal(name('a\\.b.example'), 'a\\.b.example');
  assert.equal(countLabels(name('a\\.b.example')), 2);
  assert.equal(name('\\065\\046'), 'a\\.');
  assert.equal(countLabels(name('a\\.')), 1);
  assert.equal(name('x\\\\.'), 'x\\\\');
});

test('tryParseDomainName() refuses empty labels, long labels, long names and what is no visible ASCII', () => {
  const long = 'a'.repeat(63);
  assert.equal(name(long), long);
  const longest = `${`${long}.`.repeat(3)}${'a'.repeat(61)}`;
  assert.equal(name(longest), longest);
  for (const text of ['', '..', 'a..b', '.a', `${long}a`, `${longest}a`, 'a b', 'ü', 'a\\', '\\256', '\\25'])
    assert.equal(tryParseDomainName(text), undefined, JSON.stringify(text));
  assert.throws(
    () => name('a..b'),
    (error) => error instanceof UserError && error.message.includes('"a..b"'),
  );
});

test('nameOfLabels() and labelsOf() are inverse for labels of any octets', () => {
  fc.assert(
    fc.property(anyLabels, (labels) => {
      const text = nameOfLabels(labels);
      const lower = labels.map((label) => label.map((o) => (o > 0x40 && o < 0x5b ? o + 32 : o)));
      assert.deepEqual(labelsOf(text), lower);
      assert.equal(tryParseDomainName(text), text);
    }),
  );
});

test('ancestorsOf() gives every name that a name is within, but for itself, whatever octets its labels have', () => {
  assert.deepEqual(ancestorsOf(name('a.b\\.c.example')), ['b\\.c.example', 'example', ROOT]);
  assert.deepEqual(ancestorsOf(ROOT), []);
  fc.assert(
    fc.property(anyLabels, (labels) => {
      const whole = nameOfLabels(labels);
      const above = labels.map((_, skipped) => nameOfLabels(labels.slice(skipped + 1)));
      assert.deepEqual(ancestorsOf(whole), above);
      assert.ok(above.every((one) => isWithin(whole, one)));
    }),
  );
});

test('isWithin() compares whole labels', () => {
  assert.ok(isWithin(name('a.office.example'), name('office.example')));
  assert.ok(isWithin(name('office.example'), name('office.example')));
  assert.ok(isWithin(name('anything'), ROOT));
  assert.ok(!isWithin(name('backoffice.example'), name('office.example')));
  assert.ok(!isWithin(name('example'), name('office.example')));
  assert.ok(!isWithin(name('a\\.example'), name('example')));
  assert.ok(isWithin(name('a\\\\.example'), name('example')));
});

test('joinNames() refuses what grows too long', () => {
  assert.equal(joinNames(name('www'), name('office.example')), 'www.office.example');
  assert.equal(joinNames(ROOT, name('example')), 'example');
  assert.equal(joinNames(name('www'), ROOT), 'www');
  assert.equal(joinNames(name('a.'.repeat(120)), name('office.example')), undefined);
});

test('isHostName() takes letters, digits and inner hyphens (RFC 1123 §2.1)', () => {
  for (const text of ['a', '3com.example', 'a-b.example']) assert.ok(isHostName(name(text)), text);
  for (const text of ['.', '-a.example', 'a-.example', 'a_b.example', 'a\\032b'])
    assert.ok(!isHostName(name(text)), text);
});
