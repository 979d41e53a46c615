import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { latin1 } from '../../../src/base/text.ts';
import { findForbiddenOctet } from '../../../src/wire/smtp/forbidden-octet.ts';
import { ForbiddenOctetSearch } from '../../../src/wire/smtp/forbidden-octet-search.ts';

test('ForbiddenOctetSearch finds what findForbiddenOctet() finds in the whole, wherever it is cut (RFC 5321 §2.3.8)', () => {
  const text = fc.array(fc.constantFrom('\r', '\n', '\0', 'a', '\r\n', '\r\n'), { maxLength: 10 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(6)), (parts, lengths) => {
      const message = latin1(parts.join(''));
      const search = new ForbiddenOctetSearch();
      let at = 0;
      for (const length of lengths) {
        search.push(message.subarray(at, at + length));
        at += length;
      }
      search.push(message.subarray(at));
      assert.equal(search.found, findForbiddenOctet(message));
    }),
    { numRuns: 2000 },
  );
});

test('ForbiddenOctetSearch does not take a line end that comes in two parts for two', () => {
  const search = new ForbiddenOctetSearch();
  for (const part of ['a\r', '\n', 'b\r\n\r', '\n']) search.push(latin1(part));
  assert.equal(search.found, undefined);
  search.push(latin1('\r'));
  assert.equal(search.found, 'bare CR');
});
