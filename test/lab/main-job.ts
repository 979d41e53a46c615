import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { ADDRESSES, NAMES } from './addresses.ts';
import type { Box } from './box.ts';
import { FORWARDED_PORT, PC1_ADDRESS, PEOPLE } from './box-config.ts';
import type { Namespace } from './namespace.ts';
import type { Office } from './office.ts';
import type { Pc } from './pc.ts';

/** One thing the box is for. `work` does it with real programs and returns the fact observed, or throws. */
export interface Step {
  readonly name: string;
  readonly work: () => Promise<string>;
}

export const LETTER_SUBJECT = 'A letter from elsewhere';
const OFFICE_PAGE = 'A page served by pc1.\n';
// How long a connection that must not come about is tried; a wrong success would come at once.
const VAIN_SECONDS = '2';

/** The main job of a box that has just become ready, in the order in which an office would meet it. */
export function mainJob(office: Office, box: Box): Step[] {
  const { world, isp } = office.hosts;
  const [pc1, pc2] = [office.pc1.namespace, office.pc2.namespace];
  return [
    { name: 'WAN lease obtained', work: () => wanLease(office, box) },
    { name: 'pc1 got its address', work: () => clientLease(office.pc1) },
    { name: 'pc2 got its address', work: () => clientLease(office.pc2) },
    { name: 'outside name resolved', work: () => resolved(pc1, NAMES.elsewhereWeb, ADDRESSES.world) },
    { name: 'inside name resolved', work: () => insideNames(office) },
    { name: 'page fetched through NAT', work: () => pageThroughNat(office) },
    { name: 'mail delivered to alice', work: () => deliver(world) },
    { name: 'mail fetched by POP3', work: () => fetchMail(pc1) },
    { name: 'relaying refused', work: () => relayRefused(world) },
    { name: 'only mail open on the WAN', work: () => scanned(world) },
    { name: 'LAN unreachable from outside', work: () => lanUnreachable(isp, pc1) },
    { name: 'port forward to pc1', work: () => forwarded(world, ADDRESSES.world) },
    { name: 'the same from inside', work: () => forwarded(pc2, 'pc2') },
    { name: "owner's page", work: () => ownersPage(pc2) },
  ];
}

async function wanLease({ isp }: Office, box: Box): Promise<string> {
  const [, address = ''] = await isp.dnsmasq.line(/DHCPACK\(wan\) (\S+)/);
  const { wan } = await box.online();
  assert.equal(address, ADDRESSES.boxWan);
  assert.equal(wan.address, `${address}/24`);
  const { lease } = wan;
  assert.ok(lease !== null, '"gatepost status" knows of no lease');
  assert.equal(lease.server, ADDRESSES.isp);
  assert.match(await box.namespace.ip('addr', 'show', 'dev', 'wan0'), new RegExp(`inet ${address}/24`));
  return `${address} from ${lease.server} in ${lease.tookMs} ms, gateway ${wan.gateway}`;
}

async function clientLease(pc: Pc): Promise<string> {
  pc.start();
  const lease = await pc.lease();
  assert.equal(lease.server, ADDRESSES.boxLan);
  assert.equal(lease.gateway, ADDRESSES.boxLan);
  assert.equal(lease.dns, ADDRESSES.boxLan);
  assert.equal(lease.domain, NAMES.office);
  return `${lease.address}/${lease.length} from ${lease.server}, ${lease.seconds / 3600} h, by ${pc.client}`;
}

async function resolved(host: Namespace, name: string, wanted: string): Promise<string> {
  const answer = (await host.output(['dig', '+short', name])).trim();
  assert.equal(answer, wanted, `${name} is ${wanted}, dig says "${answer}"`);
  return `${name} is ${answer}`;
}

async function insideNames({ pc1, pc2 }: Office): Promise<string> {
  const { address } = await pc2.lease();
  const name = `pc2.${NAMES.office}`;
  const fact = await resolved(pc1.namespace, name, address);
  const reverse = (await pc1.namespace.output(['dig', '+short', '-x', address])).trim();
  assert.equal(reverse, `${name}.`);
  return `${fact}, and back`;
}

async function pageThroughNat({ pc1, world }: Office): Promise<string> {
  const from = world.access.end();
  const url = `http://${NAMES.elsewhereWeb}/address`;
  const answer = (await pc1.namespace.output(['curl', '-sS', '--fail', url])).trim();
  assert.equal(answer, ADDRESSES.boxWan, `the server saw the client as ${answer}`);
  await world.access.line(new RegExp(`^${ADDRESSES.boxWan} .*GET /address`, 'm'), { from });
  return `${url}, the server saw ${answer}`;
}

async function deliver(world: Namespace): Promise<string> {
  const answer = (await world.output(['dig', '+short', '-t', 'mx', NAMES.office])).trim();
  const [, exchanger = ''] = /^\d+ (\S+)\.$/.exec(answer) ?? [];
  const letter = ['--header', `Subject: ${LETTER_SUBJECT}`, '--body', 'Dear Alice.\n.\nThat was a dot.'];
  const said = await world.output(swaks(exchanger, `alice@${NAMES.office}`, letter));
  assert.match(said, /^<[-~*]*\s+250 .*$/m);
  return `MX ${exchanger}, ${lastAnswer(said)}`;
}

async function fetchMail(pc: Namespace): Promise<string> {
  const url = `pop3s://pop.${NAMES.office}`;
  // The certificate is self-made and nobody has told pc1 to trust it yet.
  const fetch = ['curl', '-sS', '--insecure', '--user', `alice:${PEOPLE.alice}`];
  const list = await pc.output([...fetch, `${url}/`]);
  const [number, size] = (list.trim().split('\r\n').at(-1) ?? '').split(' ');
  const message = await pc.output([...fetch, `${url}/${number}`]);
  assert.match(message, new RegExp(`^Subject: ${LETTER_SUBJECT}\\r$`, 'm'));
  assert.match(message, /Dear Alice\.\r\n\.\r\nThat was a dot\./);
  return `message ${number} of ${size} bytes, from ${url}`;
}

async function relayRefused(world: Namespace): Promise<string> {
  const { stdout } = await world.run(swaks(NAMES.mailHost, `someone@${NAMES.elsewhere}`, []));
  const [refusal] = /550 .*/.exec(stdout) ?? [];
  assert.ok(refusal !== undefined, `no 550 in\n${stdout}`);
  return refusal;
}

async function scanned(world: Namespace): Promise<string> {
  const scan = ['nmap', '-n', '-Pn', '-sT', '-T5', '--max-retries', '1', '--open', '-oG', '-'];
  const report = await world.output([...scan, '-p', '20-1024,8000-8443', ADDRESSES.boxWan]);
  const open = [...report.matchAll(/(\d+)\/open\/tcp/g)].map((match) => match[1]);
  // The forwarded port leads to pc1, where nothing listens yet.
  assert.deepEqual(open, ['25'], `open are ${open.join(', ')}`);
  return `nmap finds port ${open.join(', ')} only`;
}

async function lanUnreachable(isp: Namespace, pc: Namespace): Promise<string> {
  mkdirSync(pc.file('www'), { recursive: true });
  writeFileSync(pc.file('www/index.html'), OFFICE_PAGE);
  const server = pc.start('http', [
    '/usr/bin/python3',
    '-u',
    '-m',
    'http.server',
    '80',
    '--directory',
    pc.file('www'),
  ]);
  await server.line(/Serving HTTP/);
  // The provider itself plays the attacker: on the same wire, with a route to the LAN.
  await isp.ip('route', 'add', ADDRESSES.lanNetwork, 'via', ADDRESSES.boxWan);
  try {
    const { status } = await isp.run(['curl', '-s', '-m', VAIN_SECONDS, `http://${PC1_ADDRESS}/`]);
    assert.notEqual(status, 0, `the provider reached http://${PC1_ADDRESS}/`);
  } finally {
    await isp.ip('route', 'del', ADDRESSES.lanNetwork);
  }
  return `${PC1_ADDRESS}:80 does not answer the provider`;
}

async function forwarded(host: Namespace, who: string): Promise<string> {
  const url = `http://${ADDRESSES.boxWan}:${FORWARDED_PORT}/`;
  assert.equal(await host.output(['curl', '-sS', '--fail', '-m', '10', url]), OFFICE_PAGE);
  return `${url} from ${who} is pc1's page`;
}

async function ownersPage(pc: Namespace): Promise<string> {
  const url = `http://admin.${NAMES.office}:8080/`;
  const page = await pc.output(['curl', '-sS', '--fail', '--location', '-m', '10', url]);
  const [, title] = /<title>([^<]+)<\/title>/.exec(page) ?? [];
  assert.ok(title !== undefined, `no title in\n${page}`);
  return `${url}, "${title}", ${page.length} bytes`;
}

function swaks(server: string, to: string, letter: readonly string[]): string[] {
  const envelope = ['--helo', NAMES.elsewhereMail, '--from', `someone@${NAMES.elsewhere}`, '--to', to];
  return ['swaks', '--server', server, ...envelope, ...letter];
}

/** What the server said to the end of the message. */
function lastAnswer(dialogue: string): string {
  const answers = [...dialogue.matchAll(/^<[-~*]*\s+(250 .*)$/gm)].map((match) => match[1] ?? '');
  return answers.at(-1) ?? '';
}
