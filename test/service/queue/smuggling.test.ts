import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { latin1 } from '../../../src/base/text.ts';
import { NodeSmtpClient } from '../../../src/service/queue/smtp-client.ts';
import { FALSE_ENDS, SMUGGLED } from '../false-ends.ts';

/*
 * The other half of "SMTP smuggling": whatever a message holds, what our client puts on the wire has one end of data, at its end, and no line end that a host
 * could read in another way. Mail that comes in by SMTP cannot hold such octets; imported mail, or a mistake of ours, must not become another's message either.
 */

/** A real end, and a line of two dots, are what the client has to make harmless as well. */
const ENDS = [...FALSE_ENDS, '\r\n.\r\n', '\r\n..\r\n'] as const;
/** Octets that the client hands over at a time. */
const CHUNK = 2 ** 16;

/** A host that takes everything, and keeps the octets between 354 and the end of the connection. */
async function startHost(t: TestContext): Promise<{ port: number; heard: () => string }> {
  let heard = '';
  const server = createServer((socket) => {
    let isInMessage = false;
    heard = '';
    socket.on('error', () => {});
    socket.write('220 mx.test\r\n');
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      if (isInMessage) heard += text;
      if (isInMessage && !heard.endsWith('\r\n.\r\n')) return;
      const isEnd = isInMessage;
      isInMessage = !isEnd && text.startsWith('DATA');
      if (isInMessage) heard = '';
      if (text.startsWith('EHLO')) socket.write('250-mx.test\r\n250 8BITMIME\r\n');
      else socket.write(isInMessage ? '354 Go on\r\n' : '250 2.0.0 Good\r\n');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, heard: () => heard };
}

test('whatever a message holds, the client sends one end of data and no bare CR or LF, wherever its pieces are cut', async (t) => {
  const { port, heard } = await startHost(t);
  const client = new NodeSmtpClient({ hostName: () => 'mail.office.example' });
  const address = parseIpv4('127.0.0.1');
  const recipients = [{ address: 'ann@elsewhere.example', notify: undefined, originalRecipient: undefined }];
  const session = await client.open({
    host: 'mx.test',
    address,
    port,
    tls: 'none',
    verify: false,
    login: undefined,
  });
  for (const end of ENDS) {
    for (let before = -1; before <= end.length; before++) {
      // The octets of the false end lie on both sides of the border between two pieces.
      const text =
        before < 0
          ? `Subject: x\r\n\r\nx${end}${SMUGGLED}${end}`
          : `${'x'.repeat(CHUNK - before)}${end}${SMUGGLED}${end}`;
      const [result] = await session.send({
        sender: 'alice@office.example',
        recipients,
        envelopeId: undefined,
        returns: undefined,
        message: latin1(text),
      });
      assert.equal(result?.outcome, 'delivered');
      const wire = heard();
      assert.equal(`\r\n${wire}`.indexOf('\r\n.\r\n'), wire.length - 3, JSON.stringify(end));
      assert.doesNotMatch(wire, /\r(?!\n)|(?<!\r)\n/);
      assert.doesNotMatch(
        wire.slice(0, -3),
        /(?:^|\r\n)\.(?!\.)/,
        'every line that begins with a dot has two',
      );
    }
  }
  session.close();
});
