import assert from 'node:assert/strict';
import { latin1 } from '../../../src/base/text.ts';
import type { Random } from '../../../src/port/random.ts';
import { LineClient } from '../../fake/line-client.ts';
import { type Addressees, type OfficeEvent, type OfficeLedger, nameOf } from './office-ledger.ts';

export const USERS = ['ann', 'bob', 'eva', 'kim'] as const;
/** Octets that kim's mailbox may hold. */
export const QUOTA = 12_000;
export const ALIASES = {
  all: ['ann', 'bob', 'eva'],
  both: ['bob', 'partner@one.example'],
  away: ['far@two.example'],
  postmaster: ['ann'],
} as const;

const here = (...users: readonly string[]): Addressees => ({ users, outside: [] });
const there = (address: string): Addressees => ({ users: [], outside: [address] });

/** Whom each address leads to, in the eyes of the senders. */
const ADDRESSES: Readonly<Record<string, Addressees>> = {
  'ann@office.example': here('ann'),
  'BOB+tag@Office.Example': here('bob'),
  'eva@office.example': here('eva'),
  'kim@office.example': here('kim'),
  'all@office.example': here('ann', 'bob', 'eva'),
  'both@office.example': { users: ['bob'], outside: ['partner@one.example'] },
  'away@office.example': there('far@two.example'),
  'x@one.example': there('x@one.example'),
  'y@one.example': there('y@one.example'),
  'x@two.example': there('x@two.example'),
  'x@three.example': there('x@three.example'),
};
const SENDERS = ['ann@office.example', 'bob@office.example', 'z@three.example', ''];
const SIZES = [60, 600, 3000, 7000, 9000];

export interface ClientPorts {
  readonly random: Random;
  readonly ledger: () => OfficeLedger;
  readonly record: (event: OfficeEvent) => void;
  /** A name that no message has had. */
  readonly newName: () => string;
}

/** A sender with a few messages in one session; what gets its 250 is recorded. */
export async function sendMail(port: number, ports: ClientPorts): Promise<void> {
  const { random } = ports;
  const client = await LineClient.connect(port);
  await client.expect(/^220 .*\r\n/);
  await client.ask('EHLO pc.office.example', /^250 .*\r\n/m);
  for (let left = 1 + random.below(3); left > 0; left--) await sendOne(client, ports);
  if (random.below(3) > 0) await client.ask('QUIT', /^221 .*\r\n/);
  await client.close();
}

async function sendOne(client: LineClient, { random, record, newName }: ClientPorts): Promise<void> {
  const recipients = Object.keys(ADDRESSES).filter(() => random.below(4) === 0);
  if (recipients.length === 0) recipients.push('eva@office.example');
  const sender = SENDERS[random.below(SENDERS.length)] ?? '';
  await client.ask(`MAIL FROM:<${sender}>`, /^250 .*\r\n/);
  const wish = random.below(6) === 0 ? ' NOTIFY=SUCCESS,FAILURE' : '';
  for (const recipient of recipients) await client.ask(`RCPT TO:<${recipient}>${wish}`, /^250 .*\r\n/);
  await client.ask('DATA', /^354 .*\r\n/);
  const subject = newName();
  const size = SIZES[random.below(SIZES.length)] ?? 0;
  const line = `A line of ${subject}, one of many.\r\n`;
  const body = line.repeat(Math.ceil(size / line.length));
  const answer = await client.ask(`Subject: ${subject}\r\n\r\n${body}.`, /^\d{3} .*\r\n/);
  if (answer.startsWith('250 ')) record({ kind: 'acknowledged', subject, to: addresseesOf(recipients) });
  else assert.match(answer, /^45[12] /);
}

function addresseesOf(recipients: readonly string[]): Addressees {
  const found = recipients.map((one) => ADDRESSES[one] ?? { users: [], outside: [] });
  return {
    users: [...new Set(found.flatMap(({ users }) => users))],
    outside: [...new Set(found.flatMap(({ outside }) => outside))],
  };
}

/** A mail program that reads, marks for deletion, and says QUIT or breaks off. */
export async function fetchMail(port: number, user: string, ports: ClientPorts): Promise<void> {
  const { random, record } = ports;
  const client = await LineClient.connect(port);
  await client.expect(/^\+OK.*\r\n/);
  await client.ask(`USER ${user}`, /^\+OK.*\r\n/);
  await client.ask('PASS x', /^\+OK.*\r\n/);
  const list = await client.ask('UIDL', /^\+OK.*\r\n(?:\d.*\r\n)*\.\r\n/);
  const every = 1 + random.below(4);
  const deleted: string[] = [];
  for (const [, number = '', uid = ''] of list.matchAll(/^(\d+) (\S+)\r$/gm)) {
    const message = await identify(client, { user, uid, number }, ports);
    if (Number(number) % every > 0) continue;
    await client.ask(`DELE ${number}`, /^\+OK.*\r\n/);
    deleted.push(message);
  }
  if (random.below(4) === 0) return client.close();
  if (deleted.length > 0) record({ kind: 'removing', user, messages: deleted });
  const answer = await client.ask('QUIT', /^(\+OK|-ERR).*\r\n/);
  if (deleted.length > 0 && answer.startsWith('+OK')) record({ kind: 'removed', user, messages: deleted });
  await client.close();
}

interface Listed {
  readonly user: string;
  readonly uid: string;
  readonly number: string;
}

/** Which message it is: the one known by that uid; without one, or now and then, it is fetched. */
async function identify(
  client: LineClient,
  { user, uid, number }: Listed,
  { random, ledger, record }: ClientPorts,
): Promise<string> {
  const known = ledger().knownAs(user, uid);
  if (known !== undefined && random.below(3) > 0) return known;
  const answer = await client.ask(`RETR ${number}`, /^\+OK[^]*?\r\n\.\r\n/);
  const start = answer.indexOf('\n') + 1;
  const content = latin1(answer.slice(start, -3).replaceAll('\r\n..', '\r\n.'));
  const message = nameOf(content);
  const stored = ledger().content(message);
  assert.ok(stored !== undefined && Buffer.compare(stored, content) === 0, `${user} was given ${uid}`);
  assert.equal(known ?? message, message, `${uid} of ${user} was another message before`);
  record({ kind: 'seen', user, uid, message });
  return message;
}
