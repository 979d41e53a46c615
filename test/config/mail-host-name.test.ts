import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../src/config/load.ts';
import { mailHostName } from '../../src/config/mail-host-name.ts';

function nameWith(parts: object): string {
  return mailHostName(readConfig({ version: 1, ...parts }));
}

test('mailHostName() is "mail." and the domain unless it is configured', () => {
  assert.equal(nameWith({ system: { domain: 'firm.example' } }), 'mail.firm.example');
  assert.equal(nameWith({ mail: { hostName: 'mx.firm.example' } }), 'mx.firm.example');
});
