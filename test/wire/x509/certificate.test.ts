import assert from 'node:assert/strict';
import { X509Certificate, createHash, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { encodeCertificate, encodeTbsCertificate } from '../../../src/wire/x509/certificate.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function certificateFor(hostName: string): X509Certificate {
  const tbs = encodeTbsCertificate({
    serial: Uint8Array.of(0x41, 0, 0xff),
    hostName,
    otherNames: [],
    notBefore: Timestamp(0),
    notAfter: Timestamp(Date.UTC(2060, 1, 3, 4, 5, 6)),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
  });
  return new X509Certificate(encodeCertificate(tbs, sign('sha256', tbs, privateKey)));
}

test('encodeCertificate() makes what OpenSSL reads back (RFC 5280 §4.1)', () => {
  const certificate = certificateFor('mail.office.example');
  assert.equal(certificate.subject, 'CN=mail.office.example');
  assert.equal(certificate.issuer, 'CN=mail.office.example');
  assert.equal(certificate.subjectAltName, 'DNS:mail.office.example');
  assert.equal(certificate.serialNumber, '4100FF');
  assert.equal(certificate.validFromDate.getTime(), 0);
  assert.equal(certificate.validToDate.getTime(), Date.UTC(2060, 1, 3, 4, 5, 6));
  assert.equal(certificate.ca, false);
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.ok(certificate.verify(publicKey));
});

test('encodeCertificate() yields the same octets for the same content and signature', () => {
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const tbs = (): Uint8Array =>
    encodeTbsCertificate({
      serial: Uint8Array.of(1),
      hostName: 'a.example',
      otherNames: [],
      notBefore: Timestamp(0),
      notAfter: Timestamp(1),
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    });
  assert.equal(digest(tbs()), digest(tbs()));
});

test('encodeCertificate() puts a name too long for a common name in the alternative names only', () => {
  const hostName = `${'a'.repeat(60)}.office.example`;
  const certificate = certificateFor(hostName);
  assert.equal(certificate.subject, 'CN=self-signed');
  assert.equal(certificate.checkHost(hostName), hostName);
});
