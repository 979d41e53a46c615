import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { waitFor } from '../../lab/wait-for.ts';
import { startPostfix, withoutPostfix } from '../postfix.ts';
import { startTestSmtp } from './running-smtp.ts';

// A real mail server that sends to us.
const run = promisify(execFile);

async function swaks(port: number, ...more: readonly string[]): Promise<void> {
  await run('swaks', [
    '--server',
    '127.0.0.1',
    '--port',
    String(port),
    '--from',
    'bob@world.example',
    ...more,
  ]);
}

test(
  'Postfix sends to us with TLS, 8-bit text and dots, several recipients at once, and gets back what we refuse',
  { skip: withoutPostfix },
  async (t) => {
    const { mx, store } = await startTestSmtp(t);
    const relay = `relayhost = [127.0.0.1]:${mx}\nsmtp_tls_security_level = may\nsmtp_tls_loglevel = 1\n`;
    const { port, log } = await startPostfix(t, `myhostname = mx.world.example\n${relay}`);
    const body = 'gr\u00fc\u00dfe\n.\n..dots\n';
    await swaks(port, '--to', 'alice@office.example,bob@office.example', '--body', body);
    await waitFor('the message', () => store.deliveries.length === 1);
    const [delivery] = store.deliveries;
    assert.deepEqual(delivery?.envelope, { sender: 'bob@world.example', users: ['alice', 'bob'] });
    assert.match(
      delivery?.text ?? '',
      /Received: from mx\.world\.example \(\[127\.0\.0\.1\]\)\r\n\tby mail\.office\.example with ESMTPS\r\n[^]*\r\n\r\ngr\xc3\xbc\xc3\x9fe\r\n\.\r\n\.\.dots\r\n/,
    );
    await swaks(port, '--to', 'nobody@office.example');
    // The bounce of Postfix to bob@world.example comes to us too, who are its relay, and is refused as well.
    await waitFor('the bounce', () => /status=bounced .*5\.1\.1 There is no mailbox/.test(log()));
    assert.match(log(), /status=sent \(250 2\.6\.0 Stored as /);
  },
);
