import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { Timestamp } from '../../../src/base/instant.ts';
import { latin1, utf8 } from '../../../src/base/text.ts';
import {
  type DeliveryReport,
  MAX_RETURNED_HEADER,
  encodeDeliveryReport,
} from '../../../src/wire/mail/delivery-report.ts';
import type { RecipientStatus } from '../../../src/wire/mail/delivery-status.ts';

const NOW = Timestamp(Date.UTC(2026, 0, 15, 12));

const RECIPIENT: RecipientStatus = {
  address: 'ann@elsewhere.example',
  originalRecipient: 'rfc822;ann+2Bx@office.example',
  action: 'failed',
  status: '5.1.1',
  reply: { code: 550, enhanced: '5.1.1', text: 'Nobody of that name' },
  remoteHost: 'mx.elsewhere.example',
  lastAttempt: NOW,
  willRetryUntil: undefined,
};

function reportOf(more: Partial<DeliveryReport> = {}): DeliveryReport {
  return {
    to: 'alice@office.example',
    domain: 'office.example',
    subject: 'Your message could not be delivered',
    text: ['For people.'],
    message: { reportingHost: 'mail.office.example', envelopeId: 'QQ+2B1', arrival: NOW },
    recipients: [RECIPIENT],
    original: latin1('Subject: hello\r\nX: y\r\n\r\nThe body.\r\n'),
    returns: 'headers',
    time: NOW,
    unique: '0123456789abcdef',
    ...more,
  };
}

const textOf = (report: DeliveryReport): string => Buffer.from(encodeDeliveryReport(report)).toString('utf8');

/** What Python's email package finds in it. */
function asPythonReads(message: Uint8Array): {
  readonly type: string;
  readonly parts: readonly { readonly type: string; readonly text: string }[];
  readonly defects: number;
} {
  const script = `import email, email.policy, json, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
parts = [{"type": p.get_content_type(), "text": str(p.get_payload(decode=True) or b"", "utf8", "replace") if not p.is_multipart() else "".join(x.as_string() for x in p.get_payload())} for p in m.iter_parts()]
print(json.dumps({"type": m.get_content_type() + "/" + m.get_param("report-type"), "parts": parts, "defects": len(m.defects)}))`;
  return JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', script], { input: message, encoding: 'utf8' }),
  ) as ReturnType<typeof asPythonReads>;
}

test('encodeDeliveryReport() makes the three parts of RFC 3464, as another program reads them', () => {
  const read = asPythonReads(encodeDeliveryReport(reportOf()));
  assert.equal(read.type, 'multipart/report/delivery-status');
  assert.deepEqual(
    read.parts.map(({ type }) => type),
    ['text/plain', 'message/delivery-status', 'text/rfc822-headers'],
  );
  assert.equal(read.defects, 0);
  const [, status] = read.parts;
  assert.match(
    status?.text ?? '',
    /Original-Envelope-Id: QQ\+1\nReporting-MTA: dns; mail\.office\.example\nArrival-Date: Thu, 15 Jan 2026 12:00:00 \+0000\n/,
  );
  assert.match(
    status?.text ?? '',
    /Original-Recipient: rfc822; ann\+x@office\.example\nFinal-Recipient: rfc822; ann@elsewhere\.example\nAction: failed\nStatus: 5\.1\.1\nRemote-MTA: dns; mx\.elsewhere\.example\nDiagnostic-Code: smtp; 550 5\.1\.1 Nobody of that name\n/,
  );
});

test('encodeDeliveryReport() says in ASCII what a host said, so that every program reads it and every host takes it (RFC 6533 section 3)', () => {
  const reply = { code: 550, enhanced: '5.1.1', text: `Empfänger unbekannt ${'ä'.repeat(400)}…` };
  const message = encodeDeliveryReport(reportOf({ recipients: [{ ...RECIPIENT, reply }] }));
  const [, status] = asPythonReads(message).parts;
  assert.equal(status?.type, 'message/delivery-status');
  assert.match(status?.text ?? '', /\nDiagnostic-Code: smtp; 550 5\.1\.1 Empf\\x\{E4\}nger unbekannt /);
  const text = Buffer.from(message).toString('latin1');
  assert.doesNotMatch(text, /[^\u0000-\u007f]/);
  assert.ok(text.split('\r\n').every((line) => line.length <= 998));
});

test('encodeDeliveryReport() returns the header alone, or the whole message if it is wanted', () => {
  assert.match(
    textOf(reportOf()),
    /Content-Type: text\/rfc822-headers\r\nContent-Transfer-Encoding: 7bit\r\n\r\nSubject: hello\r\nX: y\r\n\r\n--/,
  );
  assert.doesNotMatch(textOf(reportOf()), /The body/);
  assert.match(
    textOf(reportOf({ returns: 'full' })),
    /Content-Type: message\/rfc822\r\n[^]*\r\n\r\nThe body\.\r\n\r\n--/,
  );
  assert.match(
    textOf(reportOf({ original: undefined, returns: 'full' })),
    /Content-Type: text\/rfc822-headers\r\n/,
  );
});

test('encodeDeliveryReport() is no answer that anybody answers (RFC 3834 section 5), and declares 8-bit octets', () => {
  assert.match(textOf(reportOf()), /\r\nAuto-Submitted: auto-replied\r\n/);
  assert.match(textOf(reportOf()), /\r\nContent-Transfer-Encoding: 7bit\r\n\r\nThis is a MIME message\./);
  const eight = textOf(
    reportOf({
      original: utf8('Subject: ä\r\n\r\n'),
      recipients: [{ ...RECIPIENT, address: 'jürgen@elsewhere.example' }],
    }),
  );
  assert.match(eight, /\r\nContent-Transfer-Encoding: 8bit\r\n\r\nThis is a MIME message\./);
  assert.match(
    eight,
    /Content-Type: message\/global-delivery-status\r\n[^]*Final-Recipient: utf-8; jürgen@elsewhere\.example\r\n[^]*Content-Type: message\/global-headers\r\n/,
  );
});

test('encodeDeliveryReport() cuts a huge header at the end of a line', () => {
  const header = Array.from({ length: 5000 }, (_, index) => `X-${index}: ${'y'.repeat(30)}\r\n`).join('');
  const bytes = encodeDeliveryReport(reportOf({ original: latin1(`${header}\r\nbody`) }));
  assert.ok(bytes.length < MAX_RETURNED_HEADER + 4000);
  assert.match(Buffer.from(bytes).toString('latin1'), /: y{30}\r\n\r\n--=_/);
});

test('encodeDeliveryReport() lets nothing of a stranger begin a field or end a part', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), fc.string({ unit: 'binary-ascii' }), (text, host) => {
      const bad = {
        ...RECIPIENT,
        address: `x${text}`,
        remoteHost: host,
        reply: { code: 550, enhanced: '5.0.0', text: `${text}\r\nAction: delivered` },
      };
      const lines = textOf(reportOf({ recipients: [bad] })).split('\r\n');
      assert.equal(lines.filter((line) => line.startsWith('Action:')).length, 1);
      assert.equal(lines.filter((line) => line.startsWith('--=_')).length, 4);
    }),
  );
});
