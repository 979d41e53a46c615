import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePem, pemBlocks } from '../../../src/service/certificate/pem.ts';

test('pemBlocks() finds what encodePem() writes, old headers within a block included (RFC 7468 §2)', () => {
  const block = encodePem(
    'CERTIFICATE',
    Uint8Array.from({ length: 200 }, (_, at) => at),
  );
  const old =
    '-----BEGIN RSA PRIVATE KEY-----\r\nDEK-Info: AES-256-CBC,00\r\n\r\nAAAA\r\n-----END RSA PRIVATE KEY-----\n';
  assert.deepEqual(pemBlocks(`text\n${block}${old}`, 'CERTIFICATE'), [block]);
  assert.deepEqual(pemBlocks(`${block}\ntext ${old}`, 'PRIVATE KEY'), [old]);
});

test('pemBlocks() goes over any number of blocks that never end once', () => {
  const block = encodePem('CERTIFICATE', new Uint8Array(3));
  const text = '-----BEGIN CERTIFICATE-----\n'.repeat(200_000);
  assert.deepEqual(pemBlocks(text + block, 'CERTIFICATE'), [block]);
});
