// Serves a mail store by POP3 and prints its ports as JSON. Arguments: its directory, how many messages of which size alice gets, and the size of one for each of the others.
import process from 'node:process';
import { Timestamp } from '../../src/base/instant.ts';
import { RingLog } from '../../src/io/log/ring-log.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import { nodeFiles } from '../../src/io/node/files.ts';
import { NodeRandom } from '../../src/io/node/random.ts';
import { makeIdentity } from '../fake/make-identity.ts';
import { openMailStore } from '../../src/service/mail-store/mail-store.ts';
import { startPop3 } from '../../src/service/pop3/start-pop3.ts';
import { mailText } from './mail-text.ts';

export interface MailOutPorts {
  readonly plain: number;
  readonly tls: number;
}

const [directory = '', ...numbers] = process.argv.slice(2);
const [count = 0, size = 0, large = 0] = numbers.slice(0, 3).map(Number);
const readers = numbers.slice(3);
const clock = new NodeClock();
const log = new RingLog({ clock, print: () => undefined });
const store = await openMailStore({
  files: nodeFiles(directory),
  clock,
  random: new NodeRandom(),
  log: log.logFor('mail'),
});
for (let sent = 0; sent < count; sent += 500) {
  const some = Array.from({ length: Math.min(500, count - sent) }, (_, index) =>
    mailText(size, sent + index),
  );
  await Promise.all(
    some.map((message) => store.deliver({ sender: 'someone@elsewhere.example', users: ['alice'] }, message)),
  );
}
if (readers.length > 0)
  await store.deliver({ sender: 'someone@elsewhere.example', users: readers }, mailText(large, 0));
const service = await startPop3({
  hostName: 'mail.office.example',
  listeners: [
    { address: '127.0.0.1', port: 0, tls: 'starttls' },
    { address: '127.0.0.1', port: 0, tls: 'implicit' },
  ],
  identity: makeIdentity('mail.office.example', Timestamp(Date.now())),
  // Readable, as Dovecot has it beside us: what a hash costs is the choice of the owner, not of the server.
  verify: async (login, password) => (password === 'secret' ? login : undefined),
  store,
  allowInsecureAuth: true,
  log: log.logFor('pop3'),
});
const [plain = 0, tls = 0] = service.ports;
process.stdout.write(`ports ${JSON.stringify({ plain, tls } satisfies MailOutPorts)}\n`);
process.on('SIGTERM', () => {
  void service
    .close()
    .then(() => store.close())
    .finally(() => process.exit(0));
});
