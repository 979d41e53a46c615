import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { NAMES } from '../lab/addresses.ts';
import { dnsmasq } from '../lab/dnsmasq.ts';
import { PEOPLE } from '../lab/box-config.ts';
import type { Namespace } from '../lab/namespace.ts';
import { outputOf } from '../lab/run-command.ts';
import { waitFor } from '../lab/wait-for.ts';
import { postfixMaster } from '../service/postfix-settings.ts';
import type { Stand } from './bench-wire.ts';
import type { Contestant } from './contestant.ts';
import { dovecotConfig, nginxConfig, officePostfix } from './peer-settings.ts';

const NOBODY = 65_534;

/** dnsmasq, Postfix, Dovecot and nginx, with their own settings and folders; nothing of the machine's is touched. */
export async function peerContestant({ namespace, address, prefix }: Stand): Promise<Contestant> {
  await namespace.ip('addr', 'add', prefix, 'dev', 'lan0');
  await writeSettings(namespace, address);
  return {
    name: 'dnsmasq+Postfix+Dovecot+nginx',
    namespace,
    address,
    launch: () => {
      namespace.start('dnsmasq', dnsmasq(dnsmasqOptions(namespace)));
      // The way its manual gives; `master` alone would skip the checks every ordinary start makes.
      namespace.start('postfix', ['postfix', '-c', namespace.file('postfix'), 'start-fg']);
      namespace.start('dovecot', ['dovecot', '-F', '-c', namespace.file('dovecot.conf')]);
      namespace.start('nginx', nginx(namespace));
    },
    stop: () => end(namespace, 'SIGTERM'),
    crash: () => end(namespace, 'SIGKILL'),
    pids: () => namespace.pids(),
  };
}

function dnsmasqOptions(namespace: Namespace): string[] {
  return [
    'no-hosts',
    'no-resolv',
    'bind-dynamic',
    'interface=lan0',
    'cache-size=10000',
    `host-record=admin.${NAMES.office},192.168.78.1`,
    'dhcp-authoritative',
    `dhcp-leasefile=${namespace.file('leases')}`,
    'dhcp-range=192.168.78.2,192.168.78.100,12h',
  ];
}

function nginx(namespace: Namespace): string[] {
  const files = ['-c', 'nginx.conf', '-e', namespace.file('nginx-error.log')];
  return ['nginx', '-p', namespace.directory, ...files];
}

async function writeSettings(namespace: Namespace, address: string): Promise<void> {
  const { directory } = namespace;
  for (const folder of ['postfix', 'queue', 'data', 'mail', 'dovecot', 'www'])
    mkdirSync(namespace.file(folder), { mode: 0o755 });
  const postfixUser = Number(await outputOf(['id', '-u', 'postfix']));
  chownSync(namespace.file('data'), postfixUser, 0);
  chownSync(namespace.file('mail'), NOBODY, NOBODY);
  writeFileSync(namespace.file('postfix/main.cf'), officePostfix(directory, address));
  writeFileSync(namespace.file('postfix/master.cf'), postfixMaster('smtp'));
  await makeCertificate(namespace);
  writeFileSync(namespace.file('dovecot.conf'), dovecotConfig(directory, address, PEOPLE.alice));
  writeFileSync(namespace.file('nginx.conf'), nginxConfig(directory, address));
  writeFileSync(namespace.file('www/index.html'), '<!doctype html><title>Office</title><h1>Office</h1>\n');
}

/** We speak TLS, so they do. */
async function makeCertificate(namespace: Namespace): Promise<void> {
  const files = ['-keyout', namespace.file('key.pem'), '-out', namespace.file('cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await outputOf([
    'openssl',
    'req',
    '-x509',
    '-subj',
    `/CN=${NAMES.mailHost}`,
    '-days',
    '2',
    ...kind,
    ...files,
  ]);
}

async function end(namespace: Namespace, signal: NodeJS.Signals): Promise<void> {
  await waitFor('the end of the peers', async () => {
    const pids = await namespace.pids();
    for (const pid of pids) sendIfThere(pid, signal);
    return pids.length === 0;
  });
}

function sendIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended with another.
  }
}
