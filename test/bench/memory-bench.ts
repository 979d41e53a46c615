import { NAMES } from '../lab/addresses.ts';
import { PEOPLE } from '../lab/box-config.ts';
import { Lab } from '../lab/lab.ts';
import type { Namespace } from '../lab/namespace.ts';
import { makeBenchWire } from './bench-wire.ts';
import type { Contestant } from './contestant.ts';
import type { Figure } from './figure.ts';
import { gatepostContestant } from './gatepost-contestant.ts';
import { peerContestant } from './peer-contestant.ts';
import { aloneMebibytes, pssMebibytes } from './process-use.ts';
import { timeStart } from './time-start.ts';

const ROUNDS = 3;
const MESSAGES = 100;
const MESSAGE_SIZE = 4096;
const QUESTIONS = 200;
const PAGES = 50;

interface Memory {
  readonly pss: number;
  readonly alone: number;
  readonly processes: number;
}

/** Memory of all processes after a little load on every service: mail in, mail read, names, pages. */
export async function memoryBench(): Promise<readonly Figure[]> {
  await using lab = new Lab();
  const wire = await makeBenchWire(lab);
  const ours = gatepostContestant(wire.ours);
  const peers = await peerContestant(wire.peers);
  const measured = new Map<Contestant, Memory[]>([
    [ours, []],
    [peers, []],
  ]);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [contestant, runs] of measured) {
      await timeStart(contestant, wire.client);
      await load(contestant, wire.client);
      const pids = await contestant.pids();
      runs.push({ pss: pssMebibytes(pids), alone: aloneMebibytes(pids), processes: pids.length });
      await contestant.stop();
    }
  return figuresOf(ours, peers, measured);
}

const FIGURES: readonly { name: string; unit: string; value: (memory: Memory) => number }[] = [
  { name: 'PSS after load', unit: 'MiB', value: ({ pss }) => pss },
  { name: 'the same if nothing else ran', unit: 'MiB', value: ({ alone }) => alone },
  { name: 'processes', unit: '', value: ({ processes }) => processes },
];

function figuresOf(
  ours: Contestant,
  peers: Contestant,
  measured: ReadonlyMap<Contestant, readonly Memory[]>,
): Figure[] {
  const of = (contestant: Contestant): readonly Memory[] => measured.get(contestant) ?? [];
  return FIGURES.map(({ name, unit, value }) => ({
    bench: 'memory',
    name,
    unit,
    ours: of(ours).map(value),
    peers: { [peers.name]: of(peers).map(value) },
  }));
}

async function load({ address }: Contestant, client: Namespace): Promise<void> {
  const letter = ['-l', String(MESSAGE_SIZE), '-m', String(MESSAGES), '-s', '5'];
  const envelope = ['-f', `someone@${NAMES.elsewhere}`, '-t', `alice@${NAMES.office}`];
  await client.output(['smtp-source', ...letter, ...envelope, `${address}:25`]);
  await client.output([
    'dig',
    `@${address}`,
    '+short',
    ...Array<string>(QUESTIONS).fill(`admin.${NAMES.office}`),
  ]);
  const page = `http://${address}:8080/`;
  await client.output(['curl', '-sS', '-o', '/dev/null', ...Array<string>(PAGES).fill(page)]);
  const login = ['--insecure', '--user', `alice:${PEOPLE.alice}`];
  const list = await client.output(['curl', '-sS', ...login, `pop3s://${address}/`]);
  const numbers = list.split('\n').flatMap((line) => /^\d+/.exec(line) ?? []);
  const messages = numbers.slice(0, MESSAGES).map((number) => `pop3s://${address}/${number}`);
  await client.output(['curl', '-sS', '-o', '/dev/null', ...login, ...messages]);
}
