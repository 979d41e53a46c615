import { MailOutClient } from './mail-out-client.ts';
import type { MailOutPorts } from './mail-out-program.ts';
import { processTree } from './process-tree.ts';
import { pssMebibytes } from './process-use.ts';

/** Milliseconds that a reader rests after each piece that has come in. */
const REST = 10;
const SAMPLE_EVERY = 250;

interface Readers {
  /** Of the server's first process. */
  readonly pid: number;
  readonly ports: MailOutPorts;
  readonly users: readonly string[];
  /** Of the one message that each of them has. */
  readonly octets: number;
}

/** Memory of all processes of a server, in MiB, while users who are logged in do nothing, and at most while all read a large message with TLS, slowly. */
export async function slowReaders({
  pid,
  ports,
  users,
  octets,
}: Readers): Promise<{ readonly idle: number; readonly reading: number }> {
  const pss = (): number => pssMebibytes(processTree(pid));
  const clients: MailOutClient[] = [];
  for (const user of users) {
    const client = await MailOutClient.connect(ports.tls, true);
    await client.login(user);
    clients.push(client);
  }
  const idle = pss();
  let reading = idle;
  const sampling = setInterval(() => (reading = Math.max(reading, pss())), SAMPLE_EVERY);
  try {
    await Promise.all(clients.map((client) => readSlowly(client, octets)));
  } finally {
    clearInterval(sampling);
  }
  for (const client of clients) await client.quit();
  return { idle, reading };
}

async function readSlowly(client: MailOutClient, octets: number): Promise<void> {
  client.rest = REST;
  await client.ask('RETR 1', true);
  client.rest = 0;
  if (client.octets < octets) throw new Error(`Only ${client.octets} octets came`);
}
