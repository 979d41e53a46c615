import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientSetupSection } from '../../../src/web/views/client-setup-section.ts';
import { CLIENT_SETUP } from '../../fake/fake-box.ts';

test('clientSetupSection() shows every server with port and encryption, the form for a profile and the certificate to trust', async () => {
  const text = String(await clientSetupSection(CLIENT_SETUP));
  for (const { host, port } of [...CLIENT_SETUP.incoming, ...CLIENT_SETUP.outgoing])
    assert.match(text, new RegExp(`data-heading="Server">${host}</td>.*?data-heading="Port">${port}</td>`));
  assert.match(text, /<form action="\/mail\/apple\.mobileconfig" method="get">/);
  assert.match(text, /<label for="setup-address">/);
  assert.match(text, /href="\/mail\/authority\.crt"/);
  assert.match(text, /AB:CD:EF/);
});

test('clientSetupSection() speaks of no certificate where devices trust that of the owner, and is not there without mail', async () => {
  const owner = String(await clientSetupSection({ ...CLIENT_SETUP, trust: [] }));
  assert.doesNotMatch(owner, /authority/);
  assert.equal(String(await clientSetupSection({ ...CLIENT_SETUP, domains: [] })), '');
});
