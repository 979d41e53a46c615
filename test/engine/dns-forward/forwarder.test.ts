import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Duration, Milliseconds, Seconds } from '../../../src/base/duration.ts';
import { Instant, after } from '../../../src/base/instant.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import {
  type ForwardEffect,
  Forwarder,
  MOST_IN_FLIGHT,
  MOST_WAITERS,
  TCP_TIMEOUT,
  UDP_TIMEOUT,
} from '../../../src/engine/dns-forward/forwarder.ts';
import { DOWN_TIME } from '../../../src/engine/dns-forward/upstream-health.ts';
import { decodeMessage } from '../../../src/wire/dns/decode-message.ts';
import { parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import { encodeMessage } from '../../../src/wire/dns/encode-message.ts';
import type { Message, Question } from '../../../src/wire/dns/message.ts';
import { type Upstream, parseUpstream } from '../../../src/base/upstream.ts';
import { FakeRandom } from '../../fake/fake-random.ts';

type Send = Extract<ForwardEffect, { kind: 'send' }>;
const BITS = { dnssecOk: false, checkingDisabled: false };
const FIRST = parseUpstream('udp://192.0.2.1');
const SECOND = parseUpstream('udp://192.0.2.2');

function question(name: string): Question {
  return { name: parseDomainName(name), type: 1, class: 1 };
}

/** A forwarder with a clock, its effects as words, and shorthands for what can happen. */
class Bench {
  readonly forwarder: Forwarder;
  readonly #random = new FakeRandom(5);
  #now = Instant(10_000);
  #waiter = 0;
  sent: Send[] = [];
  seen: string[] = [];

  constructor(...upstreams: Upstream[]) {
    this.forwarder = new Forwarder(upstreams);
  }

  ask(name: string): void {
    this.step({ kind: 'ask', waiter: ++this.#waiter, question: question(name), bits: BITS });
  }

  /** Time passes; the forwarder is woken whenever it wants to be. */
  pass(by: Duration): void {
    const end = after(this.#now, by);
    for (
      let next = this.forwarder.nextWake;
      next !== undefined && next <= end;
      next = this.forwarder.nextWake
    ) {
      this.#now = next;
      this.step({ kind: 'wake' });
    }
    this.#now = end;
  }

  get last(): Send {
    const send = this.sent.at(-1);
    assert.ok(send !== undefined);
    return send;
  }

  reply(changes: Partial<Message> = {}, send = this.last, from = send.upstream.endpoint): void {
    const query = decodeMessage(send.message);
    const bytes = encodeMessage({ ...query, flags: { ...query.flags, response: true }, ...changes });
    this.step({ kind: 'received', exchange: send.exchange, bytes, from });
  }

  step(event: Parameters<Forwarder['step']>[0]): void {
    for (const effect of this.forwarder.step(event, { now: this.#now, random: this.#random }))
      this.#note(effect);
  }

  /** What happened since the last call. */
  take(): string[] {
    return this.seen.splice(0);
  }

  #note(effect: ForwardEffect): void {
    const place = (upstream: Upstream): string =>
      `${upstream.transport} ${Number(upstream.endpoint.address) & 255}`;
    if (effect.kind === 'send') this.sent.push(effect);
    if (effect.kind === 'send') this.seen.push(`send ${place(effect.upstream)}`);
    else if (effect.kind === 'done')
      this.seen.push(`done ${effect.waiters.join('+')}: ${effect.message?.rcode ?? 'nothing'}`);
    else if (effect.kind === 'health')
      this.seen.push(`${place(effect.upstream)} ${effect.isDown ? 'down' : 'up'}`);
    else this.seen.push('close');
  }
}

test('Forwarder asks the first upstream with a fresh id, recursion desired and EDNS 1232', () => {
  const bench = new Bench(FIRST, SECOND);
  bench.ask('a.example');
  bench.ask('b.example');
  assert.deepEqual(bench.take(), ['send udp 1', 'send udp 1']);
  const [a, b] = bench.sent.map((send) => decodeMessage(send.message));
  assert.deepEqual(a?.questions, [question('a.example')]);
  assert.ok(a?.flags.recursionDesired);
  assert.deepEqual(a?.edns, { udpSize: 1232, version: 0, dnssecOk: false });
  assert.notEqual(a?.id, b?.id);
  bench.reply({}, bench.sent[0]);
  assert.deepEqual(bench.take(), ['close', 'done 1: 0']);
});

test('Forwarder asks the next upstream when one is silent, all of them twice, then gives up', () => {
  const bench = new Bench(FIRST, SECOND);
  bench.ask('a.example');
  bench.pass(UDP_TIMEOUT);
  bench.pass(UDP_TIMEOUT);
  bench.pass(UDP_TIMEOUT);
  assert.deepEqual(bench.take(), [
    'send udp 1',
    'close',
    'send udp 2',
    'close',
    'send udp 1',
    'close',
    'send udp 2',
  ]);
  bench.pass(UDP_TIMEOUT);
  assert.deepEqual(bench.take(), ['close', 'done 1: nothing']);
  assert.equal(bench.forwarder.nextWake, undefined);
  assert.equal(bench.forwarder.inFlight, 0);
});

test('Forwarder ignores what answers something else or comes from elsewhere, and waits on (RFC 5452 §9.1)', () => {
  const bench = new Bench(FIRST);
  bench.ask('a.example');
  bench.take();
  const { id } = decodeMessage(bench.last.message);
  bench.reply({ id: id ^ 1 });
  bench.reply({ questions: [question('b.example')] });
  bench.reply({ questions: [{ ...question('a.example'), type: 28 }] });
  bench.reply({ questions: [] });
  bench.reply({ questions: [question('a.example'), question('a.example')] });
  bench.reply({ opcode: 5 });
  bench.step({
    kind: 'received',
    exchange: bench.last.exchange,
    bytes: bench.last.message,
    from: FIRST.endpoint,
  });
  bench.reply({}, bench.last, { address: parseIpv4('192.0.2.66'), port: 53 });
  bench.reply({}, bench.last, { ...FIRST.endpoint, port: 5353 });
  bench.step({
    kind: 'received',
    exchange: bench.last.exchange,
    bytes: Uint8Array.of(1),
    from: FIRST.endpoint,
  });
  assert.deepEqual(bench.take(), []);
  assert.equal(bench.forwarder.ignored, 10);
  bench.reply({ rcode: 3 });
  assert.deepEqual(bench.take(), ['close', 'done 1: 3']);
  bench.reply({ rcode: 3 });
  assert.deepEqual(bench.take(), []);
});

test('Forwarder asks equal questions once and answers all who wait', () => {
  const bench = new Bench(FIRST);
  bench.ask('a.example');
  bench.ask('a.example');
  bench.ask('a.example');
  bench.reply();
  assert.deepEqual(bench.take(), ['send udp 1', 'close', 'done 1+2+3: 0']);
});

test('Forwarder fetches an answer that was cut over TCP from the same upstream (RFC 2181 §9)', () => {
  const bench = new Bench(FIRST, SECOND);
  bench.ask('a.example');
  const { flags } = decodeMessage(bench.last.message);
  bench.reply({ flags: { ...flags, response: true, truncated: true } });
  assert.deepEqual(bench.take(), ['send udp 1', 'close', 'send tcp 1']);
  bench.reply();
  assert.deepEqual(bench.take(), ['close', 'done 1: 0']);
});

test('Forwarder goes on to the next upstream when TCP fails, is silent or talks nonsense', () => {
  const tcp = parseUpstream('tcp://192.0.2.1');
  const bench = new Bench(tcp, SECOND);
  bench.ask('a.example');
  bench.step({ kind: 'failed', exchange: bench.last.exchange });
  assert.deepEqual(bench.take(), ['send tcp 1', 'close', 'send udp 2']);
  bench.reply();
  bench.ask('b.example');
  bench.take();
  bench.pass(Milliseconds(TCP_TIMEOUT - 1));
  assert.deepEqual(bench.take(), []);
  bench.pass(Milliseconds(1));
  assert.deepEqual(bench.take(), ['close', 'send udp 2']);
  bench.reply();
  bench.take();
  bench.ask('c.example');
  bench.reply({ id: 0 });
  assert.deepEqual(bench.take(), ['send tcp 1', 'tcp 1 down', 'close', 'send udp 2']);
});

test('Forwarder asks the next upstream after a failure answer, and does not come back to the one that gave it', () => {
  const bench = new Bench(FIRST, SECOND);
  bench.ask('a.example');
  bench.reply({ rcode: 2 });
  bench.reply({ rcode: 5 });
  assert.deepEqual(bench.take(), ['send udp 1', 'close', 'send udp 2', 'close', 'done 1: nothing']);
});

test('Forwarder fails at once without upstreams', () => {
  const bench = new Bench();
  bench.ask('a.example');
  assert.deepEqual(bench.take(), ['done 1: nothing']);
});

test('Forwarder fails at once while every upstream is down, and lets one question at a time find out', () => {
  const bench = new Bench(FIRST);
  bench.ask('a.example');
  bench.ask('b.example');
  bench.pass(Milliseconds(UDP_TIMEOUT * 2));
  assert.ok(bench.take().includes('udp 1 down'));
  bench.ask('c.example');
  assert.deepEqual(bench.take(), ['done 3: nothing']);
  assert.ok(bench.forwarder.status()[0]?.isDown);

  bench.pass(DOWN_TIME);
  bench.ask('d.example');
  bench.ask('e.example');
  assert.deepEqual(bench.take(), ['send udp 1', 'done 5: nothing']);
  bench.pass(UDP_TIMEOUT);
  assert.deepEqual(bench.take(), ['close', 'done 4: nothing']);

  bench.pass(DOWN_TIME);
  bench.ask('f.example');
  bench.reply();
  assert.deepEqual(bench.take(), ['send udp 1', 'udp 1 up', 'close', 'done 6: 0']);
  bench.ask('g.example');
  bench.ask('h.example');
  assert.deepEqual(bench.take(), ['send udp 1', 'send udp 1']);
});

test('Forwarder passes over an upstream that is down', () => {
  const bench = new Bench(FIRST, SECOND);
  for (const name of ['a.example', 'b.example', 'c.example']) bench.ask(name);
  bench.pass(UDP_TIMEOUT);
  bench.take();
  bench.ask('d.example');
  assert.deepEqual(bench.take(), ['send udp 2']);
});

test('Forwarder fails at once what is beyond its caps', () => {
  const bench = new Bench(FIRST);
  for (let i = 0; i < MOST_IN_FLIGHT; i++) bench.ask(`n${i}.example`);
  assert.equal(bench.forwarder.inFlight, MOST_IN_FLIGHT);
  bench.take();
  bench.ask('one-more.example');
  assert.deepEqual(bench.take(), [`done ${MOST_IN_FLIGHT + 1}: nothing`]);
  for (let i = 1; i < MOST_WAITERS; i++) bench.ask('n0.example');
  assert.deepEqual(bench.take(), []);
  bench.ask('n0.example');
  assert.deepEqual(bench.take(), [`done ${MOST_IN_FLIGHT + MOST_WAITERS + 1}: nothing`]);
});

test('Forwarder asks new upstreams what is under way, from the beginning, and fails it when there are none', () => {
  const bench = new Bench(FIRST);
  bench.ask('a.example');
  bench.pass(UDP_TIMEOUT);
  assert.deepEqual(bench.take(), ['send udp 1', 'close', 'send udp 1']);
  bench.step({ kind: 'upstreams', upstreams: [SECOND] });
  assert.deepEqual(bench.take(), ['close', 'send udp 2']);
  bench.pass(UDP_TIMEOUT);
  assert.deepEqual(bench.take(), ['close', 'send udp 2']);
  bench.step({ kind: 'upstreams', upstreams: [] });
  assert.deepEqual(bench.take(), ['close', 'done 1: nothing']);
  assert.equal(bench.forwarder.nextWake, undefined);
});

test('Forwarder gives one question no more than its patience, however many upstreams there are', () => {
  const many = Array.from({ length: 9 }, (_, i) => parseUpstream(`udp://192.0.2.${i + 1}`));
  const bench = new Bench(...many);
  bench.ask('a.example');
  bench.pass(Seconds(10));
  assert.equal(bench.sent.length, 6);
  assert.equal(bench.take().at(-1), 'done 1: nothing');
});
