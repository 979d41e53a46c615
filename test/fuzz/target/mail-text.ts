import assert from 'node:assert/strict';
import { DecodeError } from '../../../src/base/errors.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { fromLatin1 } from '../../../src/base/text.ts';
import { composeReport } from '../../../src/engine/mail-queue/compose-report.ts';
import { parsePlain } from '../../../src/io/pop3-server-bare/command.ts';
import { DotStuffer } from '../../../src/io/pop3-server-bare/dot-stuffing.ts';
import { withAsciiHeader } from '../../../src/io/pop3-server-bare/surrogate.ts';
import { countFields } from '../../../src/wire/mail/count-fields.ts';
import { findFields } from '../../../src/wire/mail/find-fields.ts';
import { toCrlf, toLf } from '../../../src/wire/mail/line-ends.ts';
import { MboxReader, encodeMbox } from '../../../src/wire/mail/mbox.ts';
import { headerOf } from '../../../src/wire/mail/message-parts.ts';
import { parseStsPolicy, parseStsRecord } from '../../../src/wire/mail/mta-sts.ts';
import { withoutReturnPath } from '../../../src/wire/mail/return-path.ts';
import { encodeTrace } from '../../../src/wire/mail/trace.ts';
import { findForbiddenOctet } from '../../../src/wire/smtp/forbidden-octet.ts';
import { decodePathCommand } from '../../../src/wire/smtp/path-command.ts';
import { parsePeerReply } from '../../../src/wire/smtp/peer-reply.ts';
import { sayableText } from '../../../src/wire/smtp/reply.ts';
import { decodeXtext, encodeXtext } from '../../../src/wire/smtp/xtext.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { cutUp } from '../words.ts';

const TIME = Timestamp(Date.UTC(2026, 0, 15));
const SIZE = 4000;

function fields(message: Uint8Array): string {
  const search = { name: 'Delivered-To', octets: 320, most: 10 };
  const found = findFields(message, search);
  assert.ok(found.length <= search.most && found.every((body) => !body.includes('\n')));
  const count = countFields(message, 'Received');
  assert.equal(countFields(headerOf(toCrlf(message)), 'Received') >= 0, true);
  return `fields ${found.length} ${count}`;
}

function checkReport(bytes: Uint8Array): string {
  assert.equal(findForbiddenOctet(bytes), undefined);
  const whole = fromLatin1(bytes);
  const parts = whole.split(/\r\n--=_nobodyguessesthis(?:--)?\r\n/);
  assert.equal(parts.length, 5);
  assert.equal(parts[2]?.match(/^Final-Recipient: /gm)?.length, 1);
  assert.equal(parts[2]?.match(/^Action: /gm)?.length, 1);
  assert.ok(whole.endsWith('\r\n--=_nobodyguessesthis--\r\n'));
  return `report ${parts[3]?.slice(14, 40)}`;
}

/** A text of the input as a part of a report: it stays one field of one line, and the report an honest message. */
function report(input: Uint8Array): string {
  const text = fromLatin1(input.subarray(0, 600));
  const [address = '', host = '', orcpt = '', envelope = '', words = ''] = text.split('|');
  const message = toCrlf(input);
  const bytes = composeReport(
    {
      kind: (['failure', 'delay', 'relayed', 'delivered'] as const)[(input[0] ?? 0) & 3] ?? 'failure',
      to: 'sender',
      recipients: [
        {
          address,
          originalRecipient: orcpt === '' ? undefined : `rfc822;${encodeXtext(orcpt)}`,
          action: 'failed',
          status: '5.1.1',
          reply: { code: 550, enhanced: '5.1.1', text: words },
          remoteHost: host,
          lastAttempt: TIME,
          willRetryUntil: undefined,
        },
      ],
    },
    {
      to: 'alice@office.example',
      hostName: 'mail.office.example',
      domain: 'office.example',
      entry: {
        envelopeId: encodeXtext(envelope),
        accepted: TIME,
        returns: (input[1] ?? 0) & 1 ? 'full' : 'headers',
        size: message.length,
      },
      message,
      time: TIME,
      unique: 'nobodyguessesthis',
    },
  );
  return checkReport(bytes);
}

/** What was written is read back, and what was read is written back, wherever it is cut. */
function mbox(input: Uint8Array): string {
  const reader = new MboxReader({ messageSize: SIZE });
  const messages = cutUp(input.subarray(1), input[0] ?? 0).flatMap((piece) => reader.push(piece));
  messages.push(...reader.finish());
  const whole = new MboxReader({ messageSize: SIZE });
  assert.deepEqual([...whole.push(input.subarray(1)), ...whole.finish()], messages);
  for (const message of messages) {
    assert.ok(message.content.length <= SIZE);
    const again = new MboxReader({ messageSize: 2 * SIZE });
    const [read, ...more] = [...encodeMbox(message).flatMap((part) => again.push(part)), ...again.finish()];
    assert.equal(more.length, 0);
    const ended =
      message.content.length > 0 && message.content.at(-1) !== 10
        ? [...message.content, 10]
        : [...message.content];
    assert.deepEqual([...(read?.content ?? [])], ended);
  }
  return `mbox ${messages.length} ${reader.tooLarge} ${messages.map(({ received }) => received !== undefined).join(' ')}`;
}

function lineEnds(input: Uint8Array): string {
  const message = toCrlf(input);
  assert.equal(findForbiddenOctet(message), undefined);
  assert.deepEqual(toCrlf(message), message);
  const lines = toLf(message);
  assert.deepEqual(toCrlf(lines), message);
  const stuffer = new DotStuffer();
  const sent = fromLatin1(
    Buffer.concat([...cutUp(message, input[0] ?? 0).map((piece) => stuffer.push(piece)), stuffer.end()]),
  );
  assert.equal(`\r\n${sent}`.indexOf('\r\n.\r\n'), sent.length - 3, 'one end, at the end');
  return `lines ${lines.includes(10)} ${message.length === input.length}`;
}

function surrogate(input: Uint8Array): string {
  const message = toCrlf(input);
  const ascii = withAsciiHeader(message);
  assert.ok(findForbiddenOctet(ascii) === undefined);
  return `ascii ${ascii.length === message.length} ${withoutReturnPath(message).length === message.length}`;
}

function pathCommand(input: Uint8Array): string {
  const verb = ((input[0] ?? 0) & 1) === 0 ? 'MAIL FROM' : 'RCPT TO';
  const { address, parameters, duplicate } = decodePathCommand(
    verb,
    Buffer.from(input.subarray(1)).toString(),
  );
  assert.doesNotMatch(address, /[\u0000-\u001f\u007f]/);
  const sender = encodeTrace({
    sender: address,
    source: { kind: 'host', helo: address, address: '192.0.2.1' },
    by: 'mail.office.example',
    protocol: 'ESMTP',
    tls: undefined,
    id: 'x',
    recipient: address,
    isOurs: true,
    isFinal: true,
    time: TIME,
  });
  assert.equal(findForbiddenOctet(sender), undefined);
  assert.equal(fromLatin1(sender).match(/\r\n(?!\t)/g)?.length, 3, 'three fields');
  return `path ${address.includes('@')} ${parameters.size} ${duplicate !== undefined}`;
}

function words(input: Uint8Array): string {
  const text = Buffer.from(input).toString();
  const reply = parsePeerReply(text);
  if (reply !== undefined) assert.match(reply.enhanced, /^[245]\.\d{1,3}\.\d{1,3}$/);
  assert.match(sayableText(text, false), /^[\u0000-\u007f]{0,490}$/);
  const xtext = decodeXtext(text);
  if (xtext !== undefined) assert.equal(decodeXtext(encodeXtext(xtext)), xtext);
  const policy = parseStsPolicy(text);
  const login = parsePlain(text);
  return `words ${reply?.code} ${xtext !== undefined} ${policy?.mode} ${parseStsRecord([text])} ${login !== undefined}`;
}

const READERS = [fields, report, mbox, lineEnds, surrogate, pathCommand, words];

/** Texts of mail as every reader of them sees them: the first octet says which one. */
export const mailTextTarget: FuzzTarget = {
  name: 'mail-text',
  executions: 6000,
  open: () => (input) => {
    const read = READERS[(input[0] ?? 0) % READERS.length];
    if (read === undefined) throw new DecodeError('no reader', { offset: 0, path: '' });
    return read(input.subarray(1));
  },
};
