import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { Days } from '../../../src/base/duration.ts';
import { UserError } from '../../../src/base/errors.ts';
import { Timestamp, after as later } from '../../../src/base/instant.ts';
import { issueServer, makeAuthority } from '../../../src/service/certificate/issue.ts';
import {
  MAX_OWNER_FILE,
  readNewOwnerPair,
  readOwnerPair,
} from '../../../src/service/certificate/owner-pair.ts';
import { pemBlocks } from '../../../src/service/certificate/pem.ts';

const NOW = Timestamp(Date.now());
const HOST = 'mail.office.example';
const authority = makeAuthority(['office.example'], NOW);
const pair = issueServer(authority, [HOST], NOW);
const [leaf = '', issuer = ''] = pemBlocks(pair.cert, 'CERTIFICATE');

const directory = mkdtempSync(join(tmpdir(), 'gatepost-owner-'));
after(() => rmSync(directory, { recursive: true }));

/** A pair as openssl makes it. */
function made(name: string, ...options: readonly string[]): { readonly cert: string; readonly key: string } {
  const paths = ['key', 'cert'].map((end) => join(directory, `${name}.${end}`));
  const [key = '', cert = ''] = paths;
  const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`];
  execFileSync('openssl', ['req', '-x509', '-keyout', key, '-out', cert, ...subject, ...options], {
    stdio: 'pipe',
  });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

const PLAIN = ['-nodes', '-days', '30'];

test('readOwnerPair() takes chain and key, with whatever text and line ends stand around them', () => {
  assert.deepEqual(readOwnerPair(pair.cert, pair.key), pair);
  const windows = `subject=x\r\n${pair.cert.replaceAll('\n', '\r\n')}`;
  assert.deepEqual(readOwnerPair(windows, `Bag Attributes\n${pair.key}`), pair);
  assert.deepEqual(readOwnerPair(leaf, pair.key).cert, leaf);
});

test('readOwnerPair() takes RSA, P-384 and Ed25519 pairs of openssl, in the old form of keys too', () => {
  for (const kind of [['rsa:2048'], ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], ['ed25519']] as const) {
    const { cert, key } = made(kind[0].slice(0, 3), '-newkey', ...kind, ...PLAIN);
    assert.equal(readOwnerPair(cert, key).cert, cert, kind[0]);
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const old = privateKey.export({ type: 'sec1', format: 'pem' });
  assert.match(old, /BEGIN EC PRIVATE KEY/);
  assert.throws(() => readOwnerPair(pair.cert, old), /the key does not belong to it/);
});

test('readOwnerPair() refuses keys that TLS takes and no client agrees on', () => {
  const parameters = join(directory, 'dsa.pem');
  execFileSync('openssl', ['genpkey', '-genparam', '-algorithm', 'DSA', '-out', parameters], {
    stdio: 'pipe',
  });
  for (const [name, kind, wanted] of [
    ['dsa', [`dsa:${parameters}`], /of the kind dsa, wanted is RSA/],
    ['koblitz', ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], /of the kind ec secp256k1, wanted is RSA/],
  ] as const) {
    const { cert, key } = made(name, '-newkey', ...kind, ...PLAIN);
    assert.throws(() => readOwnerPair(cert, key), wanted);
  }
});

test('readOwnerPair() refuses what is no pair, with a reason that shows nothing of the key', () => {
  const other = issueServer(authority, [HOST], NOW);
  const encrypted = made(
    'enc',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-passout',
    'pass:x',
    '-days',
    '3',
  );
  const short = made('short', '-newkey', 'rsa:1024', ...PLAIN);
  const client = made('client', '-newkey', 'ed25519', ...PLAIN, '-addext', 'extendedKeyUsage=clientAuth');
  const half = pair.key.replace(/[A-Za-z0-9+/]{30}\n-----END/, '\n-----END');
  for (const [certificate, key, reason] of [
    ['', pair.key, /holds 0 certificates/],
    [leaf.repeat(11), pair.key, /holds 11 certificates, wanted are 1 to 10/],
    [pair.cert, '', /holds 0 private keys/],
    [pair.cert, pair.key + other.key, /holds 2 private keys/],
    [pair.cert, half, /its key cannot be read/],
    [leaf.replace(/^M.*$/m, 'AAAA'), pair.key, /number 1 of the file cannot be read/],
    [pair.cert, other.key, /the key does not belong to it/],
    [issuer + leaf, pair.key, /the key does not belong to it/],
    [leaf + leaf, pair.key, /number 2 of the file did not issue number 1/],
    [leaf + makeAuthority(['office.example'], NOW).cert, pair.key, /number 2 of the file did not issue/],
    [encrypted.cert, encrypted.key, /its key is encrypted/],
    [short.cert, short.key, /its key has 1024 bits, wanted are 2048 at least/],
    [client.cert, client.key, /it is not for servers/],
    [pair.cert.padEnd(MAX_OWNER_FILE + 1), pair.key, /larger than 65536 bytes/],
  ] as const)
    assert.throws(
      () => readOwnerPair(certificate, key),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, reason);
        assert.doesNotMatch(error.message, /PRIVATE KEY|MIG/);
        return true;
      },
    );
});

test('readNewOwnerPair() refuses one that has ended or not begun, by a clock that is right', () => {
  const { cert, key } = pair;
  assert.throws(() => readNewOwnerPair(cert, key, later(NOW, Days(820))), /it ended on 20/);
  assert.throws(() => readNewOwnerPair(cert, key, later(NOW, Days(-2))), /it begins on 20/);
  assert.deepEqual(readNewOwnerPair(cert, key, Timestamp(1000)), pair);
});

test('readOwnerPair() throws a UserError for any text', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.constantFrom(pair.cert, pair.key, leaf).chain((text) => cutAndBroken(text)),
  );
  fc.assert(
    fc.property(texts, texts, (certificate, key) => {
      try {
        readOwnerPair(certificate, key);
      } catch (error) {
        assert.ok(error instanceof UserError);
      }
    }),
  );
});

function cutAndBroken(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(text.length), fc.nat(text.length), fc.string({ maxLength: 3 }))
    .map(([from, length, inserted]) => text.slice(0, from) + inserted + text.slice(from + (length % 5)));
}
