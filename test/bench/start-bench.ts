import { Lab } from '../lab/lab.ts';
import { makeBenchWire } from './bench-wire.ts';
import type { Contestant } from './contestant.ts';
import type { Figure } from './figure.ts';
import { gatepostContestant } from './gatepost-contestant.ts';
import { peerContestant } from './peer-contestant.ts';
import { type Start, timeStart } from './time-start.ts';

const ROUNDS = 5;

interface Measured {
  readonly ordinary: Start[];
  readonly killed: Start[];
}

/**
 * From exec until DNS, SMTP, POP3 and the web page have all answered a client: after an orderly end, and after every
 * process was killed.
 */
export async function startBench(): Promise<readonly Figure[]> {
  await using lab = new Lab();
  const wire = await makeBenchWire(lab);
  const ours = gatepostContestant(wire.ours);
  const peers = await peerContestant(wire.peers);
  const measured = new Map<Contestant, Measured>();
  for (const contestant of [ours, peers]) {
    measured.set(contestant, { ordinary: [], killed: [] });
    // The first start of all makes files and folders, reads programs from the disk, and is nobody's everyday.
    await timeStart(contestant, wire.client);
    await contestant.stop();
  }
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [contestant, { ordinary, killed }] of measured) {
      ordinary.push(await timeStart(contestant, wire.client));
      await contestant.crash();
      killed.push(await timeStart(contestant, wire.client));
      await contestant.stop();
    }
  return figuresOf(ours, peers, measured);
}

const FIGURES: readonly { name: string; unit: string; values: (measured: Measured) => number[] }[] = [
  { name: 'exec to every service', unit: 's', values: ({ ordinary }) => ordinary.map((one) => one.seconds) },
  { name: 'the same after kill -9', unit: 's', values: ({ killed }) => killed.map((one) => one.seconds) },
  { name: 'CPU of a start', unit: 's', values: ({ ordinary }) => ordinary.map((one) => one.cpu) },
];

function figuresOf(
  ours: Contestant,
  peers: Contestant,
  measured: ReadonlyMap<Contestant, Measured>,
): Figure[] {
  const of = (contestant: Contestant): Measured => measured.get(contestant) ?? { ordinary: [], killed: [] };
  return FIGURES.map(({ name, unit, values }) => ({
    bench: 'start',
    name,
    unit,
    ours: values(of(ours)),
    peers: { [peers.name]: values(of(peers)) },
  }));
}
