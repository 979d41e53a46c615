import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { MailQueueView } from '../../src/port/mail-queue-view.ts';
import { ADDRESSES, NAMES } from './addresses.ts';
import { Box } from './box.ts';
import { PEOPLE, boxConfig } from './box-config.ts';
import { Office } from './office.ts';
import { waitFor } from './wait-for.ts';

// Mail of the office to the world: the world's mail hosts are aiosmtpd, smtp-sink and a relay that wants a login.
const HOSTS = {
  /** Answers 450 to every recipient for a while. */
  grey: '198.51.100.3',
  /** Refuses every recipient for good. */
  strict: '198.51.100.4',
  /** The relay of the provider: takes mail after login only. */
  relay: '198.51.100.5',
} as const;

let office: Office;
let box: Box;

before(async () => {
  office = await Office.create({
    extra: [
      `host-record=mx.grey.example,${HOSTS.grey}`,
      'mx-host=grey.example,mx.grey.example,10',
      `host-record=mx.strict.example,${HOSTS.strict}`,
      'mx-host=strict.example,mx.strict.example,10',
      'mx-host=nullmx.example,.,0',
      `mx-host=fallback.example,mx.nowhere.example,10`,
      `mx-host=fallback.example,${NAMES.elsewhereMail},20`,
      'host-record=mx.nowhere.example,198.51.100.99',
    ],
  });
  const { world } = office.hosts;
  for (const address of Object.values(HOSTS)) await world.ip('addr', 'add', `${address}/24`, 'dev', 'eth0');
  box = await Box.start(office.box, boxConfig({ firewall: { publicServices: ['smtp'] } }));
  await box.online();
  office.pc1.start();
  await office.pc1.lease();
});

after(() => office.remove());

/** A client of the LAN hands a message in; the reply to its end. */
async function submit(to: string, subject: string, options: readonly string[] = []): Promise<string> {
  const letter = ['--header', `Subject: ${subject}`, '--from', `alice@${NAMES.office}`];
  const { stdout } = await office.pc1.namespace.run([
    'swaks',
    '--server',
    ADDRESSES.boxLan,
    '--to',
    to,
    ...letter,
    ...options,
  ]);
  return stdout;
}

/** Messages the world's mail host has, each as a whole. */
function arrived(): string[] {
  const directory = join(office.world.mailbox, 'new');
  if (!existsSync(directory)) return [];
  return readdirSync(directory).map((name) => readFileSync(join(directory, name), 'latin1'));
}

function withSubject(subject: string): string[] {
  return arrived().filter(
    (text) => text.includes(`Subject: ${subject}\n`) || text.includes(`Subject: ${subject}\r\n`),
  );
}

/** Messages of the load that have arrived. */
function loaded(): number {
  return arrived().filter((text) => text.includes('Subject: load-')).length;
}

async function queue(): Promise<MailQueueView> {
  return (await box.json('mail', 'queue')) as MailQueueView;
}

/** What alice fetches, all messages. */
async function letters(): Promise<string[]> {
  const fetch = ['curl', '-sS', '--insecure', '--user', `alice:${PEOPLE.alice}`];
  const url = `pop3s://${ADDRESSES.boxLan}`;
  const list = (await office.pc1.namespace.output([...fetch, `${url}/`])).trim();
  const numbers = list === '' ? [] : list.split('\r\n').map((line) => line.split(' ')[0]);
  const texts: string[] = [];
  // One after the other: a mailbox is open to one session at a time.
  for (const number of numbers) texts.push(await office.pc1.namespace.output([...fetch, `${url}/${number}`]));
  return texts;
}

test('mail of a LAN client goes to the MX of its domain', async () => {
  assert.match(await submit(`someone@${NAMES.elsewhere}`, 'by MX'), /^<.*250 2\.6\.0 /m);
  const [letter = ''] = await waitFor('the letter', async () => {
    const found = withSubject('by MX');
    return found.length > 0 && found;
  });
  assert.match(letter, /^Received: from unknown \(LAN client\)/m);
  assert.doesNotMatch(letter, /Return-Path/i);
  assert.equal((await queue()).total, 0);
});

test('nobody from outside gets mail relayed, whatever the recipient looks like', async () => {
  const { world } = office.hosts;
  for (const to of [
    `someone@${NAMES.elsewhere}`,
    `someone%${NAMES.elsewhere}@${NAMES.office}`,
    `"someone@${NAMES.elsewhere}"@${NAMES.office}`,
    `@${NAMES.office}:someone@${NAMES.elsewhere}`,
    `someone@[${ADDRESSES.world}]`,
  ]) {
    const { stdout } = await world.run([
      'swaks',
      '--server',
      ADDRESSES.boxWan,
      '--to',
      to,
      '--from',
      'x@spam.example',
    ]);
    assert.match(stdout, /^<\*\* 5\d\d /m, to);
  }
  assert.equal((await queue()).total, 0);
});

test('a host that does not answer is passed over for the next of the domain', async () => {
  await submit('someone@fallback.example', 'by the second');
  await waitFor('the letter', () => withSubject('by the second').length === 1, 60_000);
});

test('a domain without mail, and a refusal, come back at once', async () => {
  const { world } = office.hosts;
  const sink = world.start('strict', ['smtp-sink', '-f', 'RCPT', '-u', 'nobody', `${HOSTS.strict}:25`, '10']);
  await submit('someone@nullmx.example', 'to null');
  await submit('someone@strict.example', 'refused');
  const bounces = await waitFor('two bounces', async () => {
    const all = await letters();
    return all.length === 2 && all;
  });
  await sink.stop();
  const texts = bounces.join('\n');
  assert.match(texts, /Status: 5\.1\.10\r\n/);
  assert.match(texts, /Remote-MTA: dns; mx\.strict\.example\r\nDiagnostic-Code: smtp; 5\d\d /);
  // A reader that is not ours finds what a program looks for.
  const script =
    'import email,sys;m=email.message_from_file(sys.stdin);print(m.get_content_type(),m.get_param("report-type"),[p.get_content_type() for p in m.get_payload()],m.get_payload()[1].get_payload()[1]["Action"])';
  for (const bounce of bounces) {
    const seen = await world.output(['/usr/bin/python3', '-c', script], { input: bounce });
    assert.equal(
      seen.trim(),
      "multipart/report delivery-status ['text/plain', 'message/delivery-status', 'text/rfc822-headers'] failed",
    );
  }
});

test('a host that puts mail off gets it later: shown with its reason, then tried again at the command', async () => {
  const { world } = office.hosts;
  const sink = world.start('grey', ['smtp-sink', '-r', 'RCPT', '-u', 'nobody', `${HOSTS.grey}:25`, '10']);
  await submit('someone@grey.example', 'later');
  const { entries } = await waitFor('the refusal', async () => {
    const view = await queue();
    return view.entries[0]?.state === 'waiting' && view.entries[0].reason !== '' && view;
  });
  const waiting = { messages: 1, held: 0, oldest: entries[0]?.accepted };
  await waitFor('it in the status', async () => isDeepStrictEqual((await box.status()).queue, waiting));
  assert.match(entries[0]?.reason ?? '', /^4\d\d 4\.\d\.\d .*\(mx\.grey\.example\)$/);
  await sink.stop();
  const good = world.start('grey', ['smtp-sink', '-v', '-u', 'nobody', `${HOSTS.grey}:25`, '10']);
  await box.cli(['mail', 'retry', String(entries[0]?.id)]);
  await waitFor('an empty queue', async () => (await queue()).total === 0);
  await waitFor('the same in the status', async () => (await box.status()).queue?.messages === 0);
  await good.stop();
  const events = (await box.json('mail', 'history', String(entries[0]?.id))) as { what: string }[];
  assert.deepEqual(
    events.map(({ what }) => what),
    ['deferred', 'retried', 'delivered'],
  );
});

test('while the WAN is down mail waits untried; when it is back it goes at once', async () => {
  await office.hosts.isp.ip('link', 'set', 'wan', 'down');
  await waitFor('the box to notice', async () => !(await queue()).isOnline);
  await submit(`someone@${NAMES.elsewhere}`, 'after the cut');
  const { entries } = await waitFor('the reason', async () => {
    const view = await queue();
    return view.entries[0]?.reason !== '' && view;
  });
  assert.deepEqual([entries[0]?.attempts, entries[0]?.reason], [0, '4.4.1 there is no Internet connection']);
  await office.hosts.isp.ip('link', 'set', 'wan', 'up');
  await waitFor('the letter', () => withSubject('after the cut').length === 1, 60_000);
});

test('a smart host gets all mail after login, and addresses of others are rewritten', async () => {
  const { world } = office.hosts;
  const script = join(import.meta.dirname, 'smart-host.py');
  const relay = world.start('relay', ['/usr/bin/python3', '-u', script, HOSTS.relay, world.directory]);
  await relay.line(/ready/);
  const smartHost = {
    host: HOSTS.relay,
    port: 465,
    security: 'tls',
    verify: false,
    user: 'office',
    password: 'se cret',
  } as const;
  const config = boxConfig({
    mail: { hostName: NAMES.mailHost, smartHost, aliases: { away: ['far@grey.example'] } },
  });
  await box.apply(config);
  const shown = await box.cli(['config', 'show']);
  assert.doesNotMatch(shown.stdout, /se cret/);
  await submit('someone@anywhere.example', 'by relay');
  await relay.line(/^mail from alice@office\.example to someone@anywhere\.example by office$/m);
  await world.run([
    'swaks',
    '--server',
    ADDRESSES.boxWan,
    '--to',
    `away@${NAMES.office}`,
    '--from',
    `someone@${NAMES.elsewhere}`,
  ]);
  const [, sender = ''] = await relay.line(
    /^mail from (SRS0=\S+@office\.example) to far@grey\.example by office$/m,
  );
  // The bounce of that mail finds back to its first sender, through the relay.
  await world.run([
    'swaks',
    '--server',
    ADDRESSES.boxWan,
    '--to',
    sender,
    '--from',
    '<>',
    '--header',
    'Subject: bounced',
  ]);
  await relay.line(new RegExp(`^mail from <> to someone@${NAMES.elsewhere} by office$`, 'm'));
  await relay.stop();
  await box.apply(boxConfig());
});

test('kill -9 of the post office under load: nothing is lost, and a message comes twice at most once a kill', async (t) => {
  const { pc1 } = office;
  const kills = 4;
  const sender = join(import.meta.dirname, 'mail-sender.ts');
  const load = pc1.namespace.start('load', [
    process.execPath,
    sender,
    ADDRESSES.boxLan,
    `load@${NAMES.elsewhere}`,
    'load',
  ]);
  for (let kill = 0; kill < kills; kill++) {
    const seen = loaded();
    await waitFor('some more mail', () => loaded() > seen + 15, 60_000);
    const old = await box.killRole('post');
    await waitFor('the role', async () => {
      const pid = (await box.rolePids()).get('post');
      return pid !== undefined && pid !== old;
    });
  }
  await load.stop();
  const promised = [...load.log.text().matchAll(/^acknowledged (load-\d+)$/gm)].map(([, id]) => id ?? '');
  await waitFor('an answer of the role', async () => (await box.cli(['mail', 'queue'])).status === 0);
  // Whose attempt was cut off waits for its next one.
  await waitFor(
    'an empty queue',
    async () => {
      const { total } = await queue();
      if (total > 0) await box.cli(['mail', 'retry', '--all']);
      return total === 0;
    },
    60_000,
  );
  const copies = promised.map((id) => withSubject(id).length);
  assert.equal(copies.filter((some) => some === 0).length, 0, 'lost messages');
  const extra = copies.reduce((sum, some) => sum + some - 1, 0);
  t.diagnostic(`${promised.length} messages acknowledged, ${kills} kills, 0 lost, ${extra} twice`);
  assert.ok(Math.max(...copies) <= 1 + kills);
  // As many as were under way at a kill: three connections go to one destination.
  assert.ok(extra <= 3 * kills, `${extra} copies too many`);
});
