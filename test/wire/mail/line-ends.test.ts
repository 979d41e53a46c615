import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromLatin1, latin1 } from '../../../src/base/text.ts';
import { toCrlf, toLf } from '../../../src/wire/mail/line-ends.ts';
import { findForbiddenOctet } from '../../../src/wire/smtp/forbidden-octet.ts';

test('toCrlf() makes every kind of line end CRLF and puts 0x80 in place of NUL', () => {
  const cases = [
    ['a\nb\r\nc\rd', 'a\r\nb\r\nc\r\nd'],
    ['\n\r\r\n\n', '\r\n\r\n\r\n\r\n'],
    ['x\0y\r', 'x\u0080y\r\n'],
    ['', ''],
  ] as const;
  for (const [from, to] of cases) assert.equal(fromLatin1(toCrlf(latin1(from))), to);
});

test('toCrlf() leaves nothing that no mail may contain, and nothing to do a second time', () => {
  const octets = fc.array(fc.constantFrom(0, 10, 13, 65), { maxLength: 60 });
  fc.assert(
    fc.property(octets, (list) => {
      const once = toCrlf(Uint8Array.from(list));
      assert.equal(findForbiddenOctet(once), undefined);
      assert.deepEqual(toCrlf(once), once);
      assert.deepEqual(toCrlf(toLf(once)), once);
    }),
    { seed: 1 },
  );
});
