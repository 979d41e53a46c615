import assert from 'node:assert/strict';
import { X509Certificate, createHash, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import {
  type CertificateContent,
  encodeCertificate,
  encodeTbsCertificate,
} from '../../../src/wire/x509/certificate.ts';
import { authorityExtensions, serverExtensions } from '../../../src/wire/x509/extensions.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEY_ID = fromHex('0102030405060708090a0b0c0d0e0f1011121314');
const OTHER_ID = fromHex('f1f2f3f4f5f6f7f8f9fafbfcfdfeff0001020304');

const content: CertificateContent = {
  serial: Uint8Array.of(0x41, 0, 0xff),
  subject: 'mail.office.example',
  issuer: 'office.example (Gatepost)',
  notBefore: Timestamp(0),
  notAfter: Timestamp(Date.UTC(2060, 1, 3, 4, 5, 6)),
  publicKey: publicKey.export({ type: 'spki', format: 'der' }),
  extensions: serverExtensions({
    keyId: KEY_ID,
    authorityKeyId: OTHER_ID,
    hostNames: ['mail.office.example', 'pop.office.example'],
  }),
};

function certificateOf(changes: Partial<CertificateContent> = {}): X509Certificate {
  const tbs = encodeTbsCertificate({ ...content, ...changes });
  return new X509Certificate(encodeCertificate(tbs, sign('sha256', tbs, privateKey)));
}

test('encodeCertificate() makes what OpenSSL reads back (RFC 5280 §4.1)', () => {
  const certificate = certificateOf();
  assert.equal(certificate.subject, 'CN=mail.office.example');
  assert.equal(certificate.issuer, 'CN=office.example (Gatepost)');
  assert.equal(certificate.subjectAltName, 'DNS:mail.office.example, DNS:pop.office.example');
  assert.equal(certificate.serialNumber, '4100FF');
  assert.equal(certificate.validFromDate.getTime(), 0);
  assert.equal(certificate.validToDate.getTime(), Date.UTC(2060, 1, 3, 4, 5, 6));
  assert.equal(certificate.ca, false);
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.ok(certificate.verify(publicKey));
});

test('encodeCertificate() yields the same octets for the same content and signature', () => {
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  assert.equal(digest(encodeTbsCertificate(content)), digest(encodeTbsCertificate(content)));
});

test('authorityExtensions() make an authority with nobody below it', () => {
  const extensions = authorityExtensions({ keyId: OTHER_ID, domains: ['office.example'] });
  const certificate = certificateOf({ extensions });
  assert.equal(certificate.ca, true);
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
});

const AUTHORITY: readonly (readonly [string, string])[] = [
  [
    'basic constraints, critical: an authority, path length 0 (§4.2.1.9)',
    '30120603551d130101ff040830060101ff020100',
  ],
  ['key usage, critical: certificates and revocation lists (§4.2.1.3)', '300e0603551d0f0101ff040403020106'],
  ['extended key usage: servers (§4.2.1.12)', '30130603551d25040c300a06082b06010505070301'],
  [
    'name constraints, critical: a.example and below, and no address of either family (§4.2.1.10)',
    `304d0603551d1e0101ff04433041a00d300b8209612e6578616d706c65a130300a8708${'00'.repeat(8)}30228720${'00'.repeat(32)}`,
  ],
  ['subject key identifier (§4.2.1.2)', '301d0603551d0e04160414f1f2f3f4f5f6f7f8f9fafbfcfdfeff0001020304'],
];

test('authorityExtensions() are these octets', () => {
  const extensions = authorityExtensions({ keyId: OTHER_ID, domains: ['a.example'] }).map((one) =>
    toHex(one),
  );
  for (const [index, [what, hex]] of AUTHORITY.entries()) assert.equal(extensions[index], hex, what);
  assert.equal(extensions.length, AUTHORITY.length);
});

test('serverExtensions() name the key of the authority, so that clients find it (RFC 5280 §4.2.1.1)', () => {
  const extensions = serverExtensions({ keyId: KEY_ID, authorityKeyId: OTHER_ID, hostNames: ['a.example'] });
  assert.equal(
    toHex(extensions.at(-1) ?? new Uint8Array()),
    '301f0603551d23041830168014f1f2f3f4f5f6f7f8f9fafbfcfdfeff0001020304',
  );
});
