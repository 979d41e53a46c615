import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { formatAddress } from '../../src/base/address.ts';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { parseMac } from '../../src/base/mac.ts';
import { compileRuleset } from '../../src/engine/firewall/compile.ts';
import { type Judgement, evaluate } from '../../src/engine/firewall/evaluate/evaluate.ts';
import type { Packet, Place } from '../../src/engine/firewall/evaluate/packet.ts';
import { TCP_FLAG } from '../../src/engine/firewall/statement.ts';
import { isOwn } from '../../src/engine/firewall/evaluate/surroundings.ts';
import { ALL_FEATURES, type FirewallOptions } from '../../src/engine/firewall/options.ts';
import { SENDER_RATE } from '../../src/engine/firewall/rates.ts';
import type { Ruleset } from '../../src/engine/firewall/ruleset.ts';
import { linuxNetlink } from '../../src/io/linux/netlink.ts';
import type { NetlinkSession } from '../../src/port/netlink-session.ts';
import { NETLINK } from '../../src/port/netlink.ts';
import { startFirewall } from '../../src/service/firewall/firewall.ts';
import { RulesetLoader } from '../../src/service/firewall/ruleset-loader.ts';
import { openNetlinkSession } from '../../src/service/netlink-session.ts';
import { type Turn, answerOf, continuationOf } from './explain-dialogue.ts';
import { type SomePacket, someOptions, somePacket } from './explain-samples.ts';
import { EXPLAIN_SURROUNDINGS, ExplainSite, type Seen, type Sent } from './explain-site.ts';
import { FIREWALL } from './firewall-site.ts';
import { MemoryLog } from '../fake/memory-log.ts';
import { inOwnNetwork } from './own-network.ts';

/*
 * What the evaluator says of a packet is what the kernel does with it: configurations and packets are made up, the
 * configuration is applied, the packets are sent, and what comes out at the other ends is compared with the prediction.
 */

const PACKETS = Number(process.env['GATEPOST_EXPLAIN_PACKETS'] ?? 1500);
const PACKETS_A_RULESET = 50;
const SEED = Number(process.env['GATEPOST_EXPLAIN_SEED'] ?? Date.now() % 1_000_000_000);

/** Fewer than any sender may send at once. */
const PACKETS_BELOW_LIMITS = 30;
const LIMITED_ROUNDS = 10;

const CALLS_SMTP: Packet = {
  source: parseIpv4('198.51.100.2'),
  destination: parseIpv4('203.0.113.50'),
  transport: { kind: 'tcp', sourcePort: 0, destinationPort: 25, flags: TCP_FLAG.SYN },
  sender: parseMac('02:00:00:00:03:01'),
  hopLimit: 64,
};

/** Limits are taken not to be exceeded, which so many packets would. */
function withoutLimits(options: FirewallOptions): Ruleset {
  return compileRuleset(options, { ...ALL_FEATURES, limits: false });
}

/** Every packet of a batch is of a connection of its own. */
const FIRST_SENDER_PORT = 20_000;

function numbered({ packet, inDevice }: SomePacket, index: number): Sent {
  const port = FIRST_SENDER_PORT + index;
  const { transport } = packet;
  const moved: Packet['transport'] =
    transport.kind === 'other'
      ? transport
      : transport.kind === 'icmp'
        ? { ...transport, identifier: port }
        : { ...transport, sourcePort: port };
  return {
    packet: { ...packet, transport: moved },
    inDevice,
    token: index + 1,
    connection: { state: 'new' },
  };
}

/** Without ports all packets between two hosts are of one connection, and translated ones may meet. */
function isOfItsOwn({ packet }: SomePacket, index: number, all: readonly SomePacket[]): boolean {
  return (
    packet.transport.kind !== 'other' ||
    all.findIndex((one) => one.packet.transport.kind === 'other') === index
  );
}

function placeText({ address, port }: Place): string {
  return `${formatAddress(address)} port ${port}`;
}

/** What an outsider would see, in words. */
function predicted({ verdict, way, outDevice, ends }: Judgement, { source }: Packet): string {
  // What is answered to an address of the box itself does not leave it.
  const isUnseen = verdict.kind === 'refused' && isOwn(EXPLAIN_SURROUNDINGS, source);
  if (verdict.kind === 'dropped' || isUnseen) return 'silence';
  if (verdict.kind === 'refused') {
    const { refusal } = verdict;
    return refusal.with === 'tcp-reset' ? 'reset' : `error ${refusal.type}/${refusal.code}`;
  }
  if (way === 'input') return `let in to ${placeText(ends.destination)}`;
  return `out by ${outDevice ?? '?'} from ${placeText(ends.source)} to ${placeText(ends.destination)}`;
}

/** What was seen, in the same words. What the box answers to what it let in is no concern of the firewall. */
function observed({ sightings, letIn }: Seen): string {
  const places = letIn.map((place) => `let in to ${place}`);
  if (places.length > 0) return places.join(' and ');
  const words = sightings.map((one) => {
    if (one.kind === 'reset') return 'reset';
    if (one.kind === 'error') return `error ${one.type}/${one.code}`;
    const source = placeText({ address: one.source, port: one.sourcePort });
    const destination = placeText({ address: one.destination, port: one.destinationPort });
    return `out by ${one.device} from ${source} to ${destination}`;
  });
  return words.length === 0 ? 'silence' : words.join(' and ');
}

function differenceText({ packet, inDevice, connection }: Sent, judgement: Judgement, did: string): string {
  const { source, destination, transport, sender } = packet;
  return [
    `${inDevice} ${formatAddress(source)} to ${formatAddress(destination)} ${JSON.stringify(transport)} ${sender ?? ''}`,
    `connection: ${asText(connection)}`,
    `predicted: ${predicted(judgement, packet)}`,
    `observed:  ${did}`,
    ...judgement.trace.map((step) => `  ${step.chain}: ${step.comment}`),
  ].join('\n');
}

function asText(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one), 1);
}

inOwnNetwork(import.meta.filename, () => {
  let site: ExplainSite | undefined;
  let session: NetlinkSession;
  let loader: RulesetLoader;

  before(async () => {
    session = openNetlinkSession(linuxNetlink, NETLINK.NETFILTER);
    loader = new RulesetLoader(session, new MemoryLog());
    site = await ExplainSite.create();
  });
  after(() => {
    site?.remove();
    session.close();
  });

  /** Sends a batch and compares each packet's fate with what is predicted. */
  async function compare(
    options: FirewallOptions,
    batch: readonly Sent[],
    ruleset = withoutLimits(options),
  ): Promise<readonly Turn[]> {
    assert.ok(site);
    const seen = await site.send(batch);
    const differences: string[] = [];
    const turns = batch.map((sent, index) => {
      const judgement = evaluate(ruleset, sent, EXPLAIN_SURROUNDINGS);
      const said = predicted(judgement, sent.packet);
      const did = observed(seen[index] ?? { sightings: [], letIn: [] });
      if (said !== did) differences.push(differenceText(sent, judgement, did));
      return { sent, judgement };
    });
    const count = `${differences.length} of ${batch.length}, seed ${SEED}`;
    const examples = differences.slice(0, 3).join('\n');
    assert.equal(differences.length, 0, `${count}\n${examples}\n${asText(options)}`);
    return turns;
  }

  async function load(options: FirewallOptions): Promise<void> {
    const outcome = await loader.bring(withoutLimits(options));
    assert.equal(typeof outcome, 'string', 'the kernel refused the ruleset');
  }

  test(`evaluate() predicts what the kernel does with ${PACKETS} packets (seed ${SEED})`, async (t) => {
    const rounds = Math.ceil(PACKETS / PACKETS_A_RULESET);
    const configurations = fc.sample(someOptions, { numRuns: rounds, seed: SEED });
    const fates = new Map<string, number>();
    const count = (prefix: string, turns: readonly Turn[]): void => {
      for (const { judgement } of turns) {
        const { verdict, way, destinationBy } = judgement;
        const fate = `${prefix} ${verdict.kind} ${way}${destinationBy === null ? '' : ', led on'}`;
        fates.set(fate, (fates.get(fate) ?? 0) + 1);
      }
    };
    let running: readonly Sent[] = [];
    for (const [round, options] of configurations.entries()) {
      await load(options);
      // What began under the configuration before goes on under this one, or does not.
      count(`${options.mode}: older connection`, await compare(options, running));
      site?.forget();
      const samples = fc.sample(somePacket, { numRuns: PACKETS_A_RULESET, seed: SEED + round });
      const first = await compare(options, samples.filter(isOfItsOwn).map(numbered));
      count(`${options.mode}: new`, first);
      const answered = first.flatMap((turn) => {
        const answer = answerOf(turn);
        return answer === undefined ? [] : [{ turn, answer }];
      });
      const answers = await compare(
        options,
        answered.map(({ answer }) => answer),
      );
      count(`${options.mode}: answer`, answers);
      running = answered.flatMap(({ turn }, index) => {
        const answer = answers[index];
        const next = answer === undefined ? undefined : continuationOf(turn, answer);
        return next === undefined ? [] : [next];
      });
    }
    for (const [fate, sum] of [...fates].toSorted(([a], [b]) => (a < b ? -1 : 1)))
      t.diagnostic(`${fate}: ${sum}`);
  });

  test('evaluate() predicts what the kernel does under the ruleset of the firewall service, limits and log too', async () => {
    const firewall = startFirewall(session, new MemoryLog());
    const configurations = fc.sample(someOptions, { numRuns: LIMITED_ROUNDS, seed: SEED });
    for (const [round, options] of configurations.entries()) {
      // Nobody is remembered from the round before.
      await firewall.teardown();
      const { reduced } = await firewall.apply({ ...options, logDropped: true });
      assert.deepEqual(reduced, []);
      site?.forget();
      const samples = fc.sample(somePacket, { numRuns: PACKETS_BELOW_LIMITS, seed: SEED - round });
      const batch = samples.filter(isOfItsOwn).map(numbered);
      await compare(options, batch, firewall.rulesetOf({ ...options, logDropped: true }));
    }
  });

  test('evaluate() takes limits not to be exceeded: beyond the burst of one sender the kernel drops', async () => {
    const options: FirewallOptions = { ...FIREWALL, lan: ['lan0'] };
    const firewall = startFirewall(session, new MemoryLog());
    await firewall.teardown();
    await firewall.apply(options);
    site?.forget();
    const { burst, perSecond } = SENDER_RATE.TCP;
    const batch = Array.from({ length: burst * 2 }, (_, index) =>
      numbered({ packet: CALLS_SMTP, inDevice: 'wan0' }, index),
    );
    assert.ok(site);
    const begun = performance.now();
    const fates = (await site.send(batch)).map(observed);
    const seconds = (performance.now() - begun) / 1000;
    const letIn = fates.filter((fate) => fate !== 'silence');
    assert.deepEqual(new Set(letIn), new Set(['let in to 203.0.113.50 port 25']));
    assert.ok(letIn.length >= burst && letIn.length <= burst + seconds * perSecond + 1, `${letIn.length}`);
    assert.deepEqual(fates.slice(0, burst), letIn.slice(0, burst));
  });
});
