import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvariantError } from '../../../../src/base/errors.ts';
import { ipv4Bytes, parseIpv4 } from '../../../../src/base/ipv4.ts';
import { parseMac } from '../../../../src/base/mac.ts';
import { type Judgement, evaluate } from '../../../../src/engine/firewall/evaluate/evaluate.ts';
import {
  type Connection,
  type Packet,
  endsOf,
  reversed,
} from '../../../../src/engine/firewall/evaluate/packet.ts';
import {
  PRIORITY,
  type Ruleset,
  type RulesetChain,
  type RulesetRule,
  type RulesetSet,
  rule,
} from '../../../../src/engine/firewall/ruleset.ts';
import { TCP_FLAG, accept, drop, goTo, isProtocol } from '../../../../src/engine/firewall/statement.ts';
import { NF_INET, NFT_REG, NFT_VERDICT } from '../../../../src/wire/nftables/constants.ts';
import type { Expression } from '../../../../src/wire/nftables/expression.ts';
import { NFT_BITWISE } from '../../../../src/wire/nftables/expression/bitwise.ts';
import { NFT_CMP } from '../../../../src/wire/nftables/expression/cmp.ts';
import { IPS, NF_CT_STATE, NFT_CT } from '../../../../src/wire/nftables/expression/ct.ts';
import { NFT_LIMIT_F_INV } from '../../../../src/wire/nftables/expression/limit.ts';
import { NFT_META } from '../../../../src/wire/nftables/expression/meta.ts';
import { NFT_NAT } from '../../../../src/wire/nftables/expression/nat.ts';
import { NFT_PAYLOAD } from '../../../../src/wire/nftables/expression/payload.ts';
import { NFT_REJECT, NFT_REJECT_ICMPX } from '../../../../src/wire/nftables/expression/reject.ts';
import { SURROUNDINGS } from '../site.ts';

const { R1, R32_01 } = NFT_REG;

/** From the LAN to the Internet. */
const OUTWARD: Packet = {
  source: parseIpv4('192.168.77.20'),
  destination: parseIpv4('198.51.100.2'),
  transport: { kind: 'tcp', sourcePort: 50_000, destinationPort: 443, flags: TCP_FLAG.SYN },
  sender: parseMac('02:00:00:00:00:20'),
  hopLimit: 64,
};

function rulesetOf(chains: readonly RulesetChain[], sets: readonly RulesetSet[] = []): Ruleset {
  return { table: 't', comment: '', counters: [], sets, chains };
}

function base(
  hook: number,
  rules: readonly RulesetRule[],
  changes: Partial<NonNullable<RulesetChain['base']>> = {},
): RulesetChain {
  const place = { type: 'filter', hook, priority: PRIORITY.FILTER, policy: 'accept', ...changes } as const;
  return { name: `chain-${hook}-${place.priority}`, base: place, rules };
}

interface Case {
  readonly packet?: Packet;
  readonly inDevice?: string | null;
  readonly connection?: Connection;
  readonly sets?: readonly RulesetSet[];
}

function judge(
  chains: readonly RulesetChain[],
  { packet = OUTWARD, inDevice = 'lan0', connection = { state: 'new' }, sets = [] }: Case = {},
): Judgement {
  return evaluate(rulesetOf(chains, sets), { packet, inDevice, connection }, SURROUNDINGS);
}

/** Whether a rule of these expressions matches the packet on its way through. */
function matches(expressions: readonly Expression[], options: Case = {}): boolean {
  const { verdict } = judge([base(NF_INET.FORWARD, [rule('asked', expressions, drop())])], options);
  return verdict.kind === 'dropped';
}

function cmp(op: number, ...bytes: number[]): Expression {
  return { kind: 'cmp', sreg: R1, op, data: { value: Uint8Array.from(bytes) } };
}

function port(dreg: number = R1): Expression {
  return { kind: 'payload', dreg, base: NFT_PAYLOAD.TRANSPORT_HEADER, offset: 2, length: 2 };
}

test('evaluate() walks the base chains of a hook by priority, and a drop ends it', () => {
  const chain = (priority: number, ...statements: Expression[][]): RulesetChain =>
    base(NF_INET.FORWARD, [rule(`at ${priority}`, ...statements)], { priority });
  const met = judge([chain(10, [...drop()]), chain(-5, [...accept()]), chain(20, [...accept()])]);
  assert.deepEqual(
    met.trace.map(({ comment }) => comment),
    ['at -5', 'at 10'],
  );
  assert.equal(met.verdict.kind, 'dropped');
});

test('evaluate() takes the policy where no rule decides, and says so', () => {
  const met = judge([base(NF_INET.FORWARD, [], { policy: 'drop' })]);
  assert.equal(met.verdict.kind, 'dropped');
  assert.deepEqual(met.decision, { by: 'policy', chain: `chain-${NF_INET.FORWARD}-0` });
});

test('evaluate() comes back from a jump, never from a goto, and leaves a chain by return', () => {
  const verdict = (code: number, chain?: string): Expression[] => [
    { kind: 'immediate', dreg: NFT_REG.VERDICT, data: { verdict: { code, chain } } },
  ];
  const side: RulesetChain = {
    name: 'side',
    rules: [rule('side', verdict(NFT_VERDICT.RETURN)), rule('never', drop())],
  };
  const walk = (first: Expression[]): string[] =>
    judge([base(NF_INET.FORWARD, [rule('first', first), rule('second', accept())]), side]).trace.map(
      ({ comment }) => comment,
    );
  assert.deepEqual(walk(verdict(NFT_VERDICT.JUMP, 'side')), ['first', 'side', 'second']);
  assert.deepEqual(walk([...goTo('side')]), ['first', 'side']);
  assert.deepEqual(walk(verdict(NFT_VERDICT.CONTINUE)), ['first', 'second']);
});

test('evaluate() refuses to guess at expressions and verdicts it does not know', () => {
  assert.throws(() => matches([{ kind: 'unknown', name: 'xt', data: undefined }]), InvariantError);
  assert.throws(() => matches([{ kind: 'meta', key: 99, dreg: R1 }]), InvariantError);
  assert.throws(() => matches([{ kind: 'ct', key: 99, dreg: R1 }]), InvariantError);
  const queue = { verdict: { code: NFT_VERDICT.QUEUE } };
  assert.throws(() => matches([{ kind: 'immediate', dreg: 0, data: queue }]), InvariantError);
});

test('evaluate() compares registers with constants as memcmp() does', () => {
  for (const [op, value, expected] of [
    [NFT_CMP.EQ, 443, true],
    [NFT_CMP.NEQ, 443, false],
    [NFT_CMP.LT, 444, true],
    [NFT_CMP.LTE, 443, true],
    [NFT_CMP.GT, 443, false],
    [NFT_CMP.GTE, 512, false],
  ] as const)
    assert.equal(matches([port(), cmp(op, value >> 8, value & 255)]), expected, `${op} ${value}`);
});

test('evaluate() masks and swaps registers, and compares them with ranges', () => {
  const mask = { value: Uint8Array.of(0xff, 0) };
  const xor = { value: Uint8Array.of(0, 1) };
  const masked: Expression = {
    kind: 'bitwise',
    sreg: R1,
    dreg: R1,
    op: NFT_BITWISE.MASK_XOR,
    length: 2,
    mask,
    xor,
  };
  assert.ok(matches([port(), masked, cmp(NFT_CMP.EQ, 1, 1)]));
  assert.ok(
    matches([
      port(),
      { kind: 'byteorder', sreg: R1, dreg: R1, op: 0, length: 2, size: 2 },
      cmp(NFT_CMP.EQ, 187, 1),
    ]),
  );
  const range = (op: number): Expression => ({
    kind: 'range',
    sreg: R1,
    op,
    from: { value: Uint8Array.of(1, 0) },
    to: { value: Uint8Array.of(1, 187) },
  });
  assert.ok(matches([port(), range(0)]));
  assert.ok(!matches([port(), range(1)]));
});

test('evaluate() ends a rule that looks beyond the packet', () => {
  const beyond: Expression = {
    kind: 'payload',
    dreg: R1,
    base: NFT_PAYLOAD.TRANSPORT_HEADER,
    offset: 18,
    length: 4,
  };
  assert.ok(!matches([beyond]));
  assert.ok(matches([{ ...beyond, length: 2 }]));
});

test('evaluate() takes limits not to be exceeded and dynamic sets to have room', () => {
  const limit = { kind: 'limit', rate: 1n, unit: 1n, burst: 1, type: 0 } as const;
  const over = { ...limit, flags: NFT_LIMIT_F_INV };
  assert.ok(matches([{ ...limit, flags: 0 }]));
  assert.ok(!matches([over]));
  const update = { kind: 'dynset', sregKey: R1, op: 1, set: 'senders', flags: 0 } as const;
  assert.ok(matches([port(), update]));
  assert.ok(!matches([port(), { ...update, expression: over }]));
});

test('evaluate() finds ranges of a concatenation field by field, and tells by which element', () => {
  const set: RulesetSet = {
    name: 'forwards',
    comment: '',
    key: ['ipv4_addr', 'inet_service'],
    value: ['verdict'],
    interval: true,
    elements: [
      {
        key: Uint8Array.of(...ipv4Bytes(parseIpv4('192.168.77.0')), 1, 0, 0, 0),
        last: Uint8Array.of(...ipv4Bytes(parseIpv4('192.168.77.255')), 1, 200, 0, 0),
        value: { verdict: { code: NFT_VERDICT.DROP } },
        comment: 'firewall.forwards[3] camera',
      },
    ],
  };
  const source: Expression = {
    kind: 'payload',
    dreg: R1,
    base: NFT_PAYLOAD.NETWORK_HEADER,
    offset: 12,
    length: 4,
  };
  const chain = base(NF_INET.FORWARD, [
    rule('by map', [source, port(R32_01), { kind: 'lookup', sreg: R1, dreg: 0, set: 'forwards', flags: 0 }]),
  ]);
  const met = judge([chain], { sets: [set] });
  assert.equal(met.verdict.kind, 'dropped');
  assert.deepEqual(met.trace[0]?.found, ['firewall.forwards[3] camera']);
  const transport = { ...OUTWARD.transport, destinationPort: 0x01c9 };
  assert.equal(judge([chain], { sets: [set], packet: { ...OUTWARD, transport } }).verdict.kind, 'accepted');
});

/** What `ct state` is at a hook. */
function stateIs(bits: number): Expression[] {
  return [{ kind: 'ct', key: NFT_CT.STATE, dreg: R1 }, cmp(NFT_CMP.EQ, bits, 0, 0, 0)];
}

test('evaluate() tracks connections behind raw priority: what cannot begin one is invalid', () => {
  const early = base(NF_INET.PRE_ROUTING, [rule('raw', stateIs(NF_CT_STATE.INVALID), drop())], {
    priority: PRIORITY.RAW,
  });
  assert.equal(judge([early]).verdict.kind, 'dropped');
  const flagged = (flags: number): Packet => ({
    ...OUTWARD,
    transport: { kind: 'tcp', sourcePort: 1, destinationPort: 2, flags },
  });
  const { SYN, ACK, FIN, RST, PSH } = TCP_FLAG;
  for (const flags of [SYN, ACK, ACK | PSH])
    assert.ok(matches(stateIs(NF_CT_STATE.NEW), { packet: flagged(flags) }));
  for (const flags of [0, SYN | ACK, RST, FIN | ACK, SYN | FIN])
    assert.ok(matches(stateIs(NF_CT_STATE.INVALID), { packet: flagged(flags) }), `flags ${flags}`);
  const icmp = (type: number): Packet => ({
    ...OUTWARD,
    transport: { kind: 'icmp', type, code: 0, identifier: 1 },
  });
  assert.ok(matches(stateIs(NF_CT_STATE.NEW), { packet: icmp(8) }));
  assert.ok(matches(stateIs(NF_CT_STATE.INVALID), { packet: icmp(0) }));
});

/** Translates the source of what leaves by the WAN to its address, and destination port 443 of the box to a device. */
function translation(): RulesetChain[] {
  const target = Uint8Array.of(...ipv4Bytes(parseIpv4('192.168.77.20')), 31, 144, 0, 0);
  const nat = { kind: 'nat', type: NFT_NAT.DNAT, family: 2, addressMin: R1, portMin: R32_01 } as const;
  const isForBox: Expression[] = [
    { kind: 'fib', flags: 2, result: 3, dreg: R1 },
    cmp(NFT_CMP.EQ, 2, 0, 0, 0),
    { kind: 'immediate', dreg: R1, data: { value: target } },
    nat,
  ];
  const isByWan: Expression[] = [
    { kind: 'meta', key: NFT_META.OIFNAME, dreg: R1 },
    cmp(NFT_CMP.EQ, ...new TextEncoder().encode('wan0')),
    { kind: 'masq' },
  ];
  return [
    base(NF_INET.PRE_ROUTING, [rule('led', isForBox)], { type: 'nat', priority: PRIORITY.DSTNAT }),
    base(NF_INET.POST_ROUTING, [rule('hidden', isByWan)], { type: 'nat', priority: PRIORITY.SRCNAT }),
  ];
}

test('evaluate() translates the first packet, routes it by its new destination, and counts it as translated', () => {
  const inward = {
    ...OUTWARD,
    source: parseIpv4('198.51.100.2'),
    destination: parseIpv4('203.0.113.50'),
  };
  const isLed: Expression[] = [
    { kind: 'ct', key: NFT_CT.STATUS, dreg: R1 },
    cmp(NFT_CMP.EQ, IPS.DST_NAT, 0, 0, 0),
  ];
  const asked = base(NF_INET.FORWARD, [rule('led', isLed, accept())], { policy: 'drop' });
  const met = judge([...translation(), asked], { packet: inward, inDevice: 'wan0' });
  assert.equal(met.verdict.kind, 'accepted');
  assert.equal(met.outDevice, 'lan0');
  assert.deepEqual(met.ends.destination, { address: parseIpv4('192.168.77.20'), port: 8080 });
  assert.equal(met.destinationBy?.comment, 'led');
});

test('evaluate() gives the answer of a translated connection back to who began it, without asking the rules', () => {
  const met = judge(translation());
  assert.deepEqual(met.ends.source, { address: parseIpv4('203.0.113.50'), port: 50_000 });
  assert.equal(met.sourceBy?.comment, 'hidden');
  const answer: Packet = {
    ...OUTWARD,
    source: OUTWARD.destination,
    destination: parseIpv4('203.0.113.50'),
    transport: {
      kind: 'tcp',
      sourcePort: 443,
      destinationPort: 50_000,
      flags: TCP_FLAG.SYN | TCP_FLAG.ACK,
    },
  };
  const back = judge(translation(), {
    packet: answer,
    inDevice: 'wan0',
    connection: {
      state: 'established',
      direction: 'reply',
      tracked: { original: endsOf(OUTWARD), reply: reversed(met.ends) },
      isAssured: false,
    },
  });
  assert.equal(back.way, 'forward');
  assert.deepEqual(back.ends.destination, { address: OUTWARD.source, port: 50_000 });
  assert.deepEqual(back.trace, []);
});

test('evaluate() says with what a packet is refused, by its family and protocol', () => {
  const reject = (type: number, code = 0): Judgement['verdict'] =>
    judge([base(NF_INET.FORWARD, [rule('no', [{ kind: 'reject', type, code }])])]).verdict;
  assert.deepEqual(reject(NFT_REJECT.TCP_RST), { kind: 'refused', refusal: { with: 'tcp-reset' } });
  assert.deepEqual(reject(NFT_REJECT.ICMPX_UNREACH, NFT_REJECT_ICMPX.ADMIN_PROHIBITED), {
    kind: 'refused',
    refusal: { with: 'icmp', type: 3, code: 13 },
  });
});

test('evaluate() does not call refused what is refused in silence (RFC 1122 §3.2.2)', () => {
  const no = base(NF_INET.LOCAL_IN, [
    rule('no', isProtocol(6), [{ kind: 'reject', type: NFT_REJECT.TCP_RST }]),
    rule('no', [{ kind: 'reject', type: NFT_REJECT.ICMPX_UNREACH, code: 1 }]),
  ]);
  const toBox = { ...OUTWARD, destination: parseIpv4('192.168.77.1') };
  const verdictFor = (packet: Packet): string => judge([no], { packet }).verdict.kind;
  assert.equal(verdictFor(toBox), 'refused');
  assert.equal(verdictFor({ ...toBox, destination: parseIpv4('192.168.77.255') }), 'dropped');
  const reset = { kind: 'tcp', sourcePort: 1, destinationPort: 2, flags: TCP_FLAG.RST } as const;
  assert.equal(verdictFor({ ...toBox, transport: reset }), 'dropped');
  const error = { kind: 'icmp', type: 3, code: 1, identifier: 0 } as const;
  assert.equal(verdictFor({ ...toBox, transport: error }), 'dropped');
});

test('evaluate() calls dropped what is refused by an answer that the rules for output keep back', () => {
  const no = base(NF_INET.FORWARD, [rule('no', [{ kind: 'reject', type: NFT_REJECT.TCP_RST }])]);
  const silence = base(NF_INET.LOCAL_OUT, [rule('hush', drop())]);
  const met = judge([no, silence]);
  assert.equal(met.verdict.kind, 'dropped');
  assert.equal(met.decision.by === 'rule' && met.decision.step.comment, 'hush');
});

test('evaluate() leaves to routing what no rule is asked about', () => {
  const own = { ...OUTWARD, source: parseIpv4('192.168.77.1') };
  assert.deepEqual(judge([], { packet: own }).decision, {
    by: 'routing',
    reason: 'no host can send from that address',
  });
  const { devices } = SURROUNDINGS;
  const alone = evaluate(
    rulesetOf([]),
    { packet: OUTWARD, inDevice: 'lan0', connection: { state: 'new' } },
    { devices, routes: [] },
  );
  assert.deepEqual(alone.verdict, { kind: 'refused', refusal: { with: 'icmp', type: 3, code: 0 } });
});

test('evaluate() sends what the box makes itself by output and not by forward', () => {
  const chains = [
    base(NF_INET.LOCAL_OUT, [rule('out', accept())]),
    base(NF_INET.FORWARD, [rule('through', drop())]),
  ];
  const met = judge(chains, { packet: { ...OUTWARD, sender: null }, inDevice: null });
  assert.equal(met.way, 'output');
  assert.equal(met.outDevice, 'wan0');
  assert.deepEqual(
    met.trace.map(({ comment }) => comment),
    ['out'],
  );
});
