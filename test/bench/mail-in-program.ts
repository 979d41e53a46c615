// Takes mail by SMTP into the store of a directory, as the role `post` does, without the bounds that would stop a load; prints its port.
import process from 'node:process';
import { RingLog } from '../../src/io/log/ring-log.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import { nodeFiles } from '../../src/io/node/files.ts';
import { NodeRandom } from '../../src/io/node/random.ts';
import { makeIdentity } from '../fake/make-identity.ts';
import { LoginGuard } from '../../src/service/login-guard.ts';
import { openMailStore } from '../../src/service/mail-store/mail-store.ts';
import { startSmtp } from '../../src/service/smtp/start-smtp.ts';

const [directory = ''] = process.argv.slice(2);
const clock = new NodeClock();
const log = new RingLog({ clock, print: () => undefined });
const isLan = (): boolean => true;
const store = await openMailStore({
  files: nodeFiles(directory),
  clock,
  gathering: clock,
  random: new NodeRandom(),
  log: log.logFor('mail'),
});
const service = await startSmtp({
  hostName: 'mail.office.example',
  directory: { users: ['alice'], domains: ['office.example'], aliases: {} },
  listeners: [{ address: '127.0.0.1', port: 0, kind: 'mx', tls: 'starttls' }],
  identity: makeIdentity('mail.office.example', clock.wallTime()),
  isLan,
  verify: () => Promise.resolve(undefined),
  guard: new LoginGuard({ isLan, clock }),
  store,
  limits: {
    lan: {
      connections: 100,
      connectionsPerMinute: Infinity,
      commandsPerMinute: Infinity,
      messagesPerMinute: Infinity,
      errors: 0,
    },
  },
  clock,
  log: log.logFor('smtp'),
});
process.stdout.write(`port ${service.ports[0]}\n`);
process.once('SIGTERM', () => {
  void service
    .close()
    .then(() => store.close())
    .then(() => process.exit(0));
});
