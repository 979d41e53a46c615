import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex } from '../../../src/base/hex.ts';
import { latin1 } from '../../../src/base/text.ts';
import { decodeAll } from '../../../src/wire/field/codec.ts';
import { type Expression, expression } from '../../../src/wire/nftables/expression.ts';
import { decodeNft } from '../../../src/wire/nftables/message.ts';
import { readVectors } from './vectors.ts';

const vectors = ['rule', 'nat', 'dynset', 'flow-table'].flatMap((name) => readVectors(name));

/** The expressions of the rule that the command with this ending adds. */
function expressionsOf(command: string): readonly Expression[] {
  const vector = vectors.find(({ origin }) => origin.endsWith(` c ${command}`));
  assert.ok(vector, command);
  for (const packet of vector.messages) {
    const message = decodeNft(packet);
    if (message?.kind === 'rule') return message.body.expressions ?? [];
  }
  return assert.fail(`no rule in "${command}"`);
}

function ifname(name: string): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(latin1(name));
  return bytes;
}

const accept: Expression = { kind: 'immediate', dreg: 0, data: { verdict: { code: 1 } } };
const drop: Expression = { kind: 'immediate', dreg: 0, data: { verdict: { code: 0 } } };
const value = (hex: string): { value: Uint8Array } => ({ value: fromHex(hex) });

// What each field has to mean, as `nft --debug=netlink` prints it; the bytes are checked in both directions elsewhere.
const cases: readonly (readonly [string, readonly Expression[]])[] = [
  [
    'iifname "lan0" oifname != "wan*" accept',
    [
      { kind: 'meta', key: 6, dreg: 1 },
      { kind: 'cmp', sreg: 1, op: 0, data: { value: ifname('lan0') } },
      { kind: 'meta', key: 7, dreg: 1 },
      { kind: 'cmp', sreg: 1, op: 1, data: value('77616e') },
      accept,
    ],
  ],
  [
    'ct state established,related accept',
    [
      { kind: 'ct', key: 0, dreg: 1 },
      { kind: 'bitwise', sreg: 1, dreg: 1, length: 4, mask: value('06000000'), xor: value('00000000') },
      { kind: 'cmp', sreg: 1, op: 1, data: value('00000000') },
      accept,
    ],
  ],
  [
    'ct state vmap { established : accept, related : accept, invalid : drop }',
    [
      { kind: 'ct', key: 0, dreg: 1 },
      { kind: 'lookup', sreg: 1, dreg: 0, set: '__map%d', setId: 1 },
    ],
  ],
  [
    'meta l4proto tcp ct original proto-dst 80 jump d',
    [
      { kind: 'meta', key: 16, dreg: 1 },
      { kind: 'cmp', sreg: 1, op: 0, data: value('06') },
      { kind: 'ct', key: 12, dreg: 1, direction: 0 },
      { kind: 'cmp', sreg: 1, op: 0, data: value('0050') },
      { kind: 'immediate', dreg: 0, data: { verdict: { code: 0xffff_fffd, chain: 'd' } } },
    ],
  ],
  [
    'ct mark set 0x7',
    [
      { kind: 'immediate', dreg: 1, data: value('07000000') },
      { kind: 'ct', key: 3, sreg: 1 },
    ],
  ],
  [
    'meta mark set 0x5 return',
    [
      { kind: 'immediate', dreg: 1, data: value('05000000') },
      { kind: 'meta', key: 3, sreg: 1 },
      { kind: 'immediate', dreg: 0, data: { verdict: { code: 0xffff_fffb } } },
    ],
  ],
  [
    'tcp dport != 5-10 drop',
    [
      { kind: 'meta', key: 16, dreg: 1 },
      { kind: 'cmp', sreg: 1, op: 0, data: value('06') },
      { kind: 'payload', dreg: 1, base: 2, offset: 2, length: 2 },
      { kind: 'range', sreg: 1, op: 1, from: value('0005'), to: value('000a') },
      drop,
    ],
  ],
  [
    'ip saddr 10.0.0.0/8 ip daddr 192.0.2.1 counter packets 3 bytes 180',
    [
      { kind: 'meta', key: 15, dreg: 1 },
      { kind: 'cmp', sreg: 1, op: 0, data: value('02') },
      { kind: 'payload', dreg: 1, base: 1, offset: 12, length: 1 },
      { kind: 'cmp', sreg: 1, op: 0, data: value('0a') },
      { kind: 'payload', dreg: 1, base: 1, offset: 16, length: 4 },
      { kind: 'cmp', sreg: 1, op: 0, data: value('c0000201') },
      { kind: 'counter', bytes: 180n, packets: 3n },
    ],
  ],
  [
    'limit rate over 5 mbytes/second drop',
    [{ kind: 'limit', rate: 5_242_880n, unit: 1n, type: 1, flags: 1 }, drop],
  ],
  [
    'log prefix "in: " group 5 snaplen 64 queue-threshold 3',
    [{ kind: 'log', prefix: 'in: ', group: 5, snapLength: 64, queueThreshold: 3 }],
  ],
  ['reject with icmpx type admin-prohibited', [{ kind: 'reject', type: 2, code: 3 }]],
  [
    'fib saddr . iif oif missing drop',
    [
      { kind: 'fib', flags: 0x29, result: 1, dreg: 1 },
      { kind: 'cmp', sreg: 1, op: 0, data: value('00000000') },
      drop,
    ],
  ],
  [
    'fib daddr type local accept',
    [
      { kind: 'fib', flags: 2, result: 3, dreg: 1 },
      { kind: 'cmp', sreg: 1, op: 0, data: value('02000000') },
      accept,
    ],
  ],
  ['counter name "k" drop', [{ kind: 'objref', type: 1, name: 'k' }, drop]],
  [
    'dnat ip to 192.168.77.5 persistent',
    [
      { kind: 'immediate', dreg: 1, data: value('c0a84d05') },
      { kind: 'nat', type: 1, family: 2, addressMin: 1, flags: 8 },
    ],
  ],
  [
    'update @devs { ip saddr }',
    [
      { kind: 'meta', key: 15, dreg: 1 },
      { kind: 'cmp', sreg: 1, op: 0, data: value('02') },
      { kind: 'payload', dreg: 1, base: 1, offset: 12, length: 4 },
      { kind: 'dynset', sregKey: 1, op: 1, set: 'devs', setId: 2 },
    ],
  ],
  [
    'update @six { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over 5/second burst 9 packets } drop',
    [
      { kind: 'meta', key: 15, dreg: 1 },
      { kind: 'cmp', sreg: 1, op: 0, data: value('0a') },
      { kind: 'payload', dreg: 1, base: 1, offset: 8, length: 16 },
      {
        kind: 'bitwise',
        sreg: 1,
        dreg: 1,
        op: 0,
        length: 16,
        mask: value('ffffffffffffffff0000000000000000'),
        xor: value('00000000000000000000000000000000'),
      },
      {
        kind: 'dynset',
        sregKey: 1,
        op: 1,
        set: 'six',
        setId: 3,
        expression: { kind: 'limit', rate: 5n, unit: 1n, burst: 9, type: 0, flags: 1 },
      },
      drop,
    ],
  ],
  [
    'update @two { ip saddr counter limit rate 5/second }',
    [
      { kind: 'meta', key: 15, dreg: 1 },
      { kind: 'cmp', sreg: 1, op: 0, data: value('02') },
      { kind: 'payload', dreg: 1, base: 1, offset: 12, length: 4 },
      {
        kind: 'dynset',
        sregKey: 1,
        op: 1,
        set: 'two',
        setId: 4,
        expressions: [
          { kind: 'counter' },
          { kind: 'limit', rate: 5n, unit: 1n, burst: 5, type: 0, flags: 0 },
        ],
        flags: 2,
      },
    ],
  ],
  [
    'tcp flags syn / fin,syn,rst,ack tcp option maxseg size set rt mtu',
    [
      { kind: 'meta', key: 16, dreg: 1 },
      { kind: 'cmp', sreg: 1, op: 0, data: value('06') },
      { kind: 'payload', dreg: 1, base: 2, offset: 13, length: 1 },
      { kind: 'bitwise', sreg: 1, dreg: 1, op: 0, length: 1, mask: value('17'), xor: value('00') },
      { kind: 'cmp', sreg: 1, op: 0, data: value('02') },
      { kind: 'rt', key: 3, dreg: 1 },
      { kind: 'byteorder', sreg: 1, dreg: 1, op: 1, length: 2, size: 2 },
      { kind: 'exthdr', sreg: 1, type: 2, offset: 2, length: 2, op: 1 },
    ],
  ],
  [
    'meta l4proto { tcp, udp } flow add @ft',
    [
      { kind: 'meta', key: 16, dreg: 1 },
      { kind: 'lookup', sreg: 1, set: '__set%d', setId: 8 },
      { kind: 'flow_offload', flowTable: 'ft' },
    ],
  ],
  [
    'oifname "wan0" masquerade',
    [
      { kind: 'meta', key: 7, dreg: 1 },
      { kind: 'cmp', sreg: 1, op: 0, data: { value: ifname('wan0') } },
      { kind: 'masq' },
    ],
  ],
];

for (const [command, expected] of cases) {
  test(`decodeNft() reads the expressions of "${command}" (nf_tables.h)`, () => {
    assert.deepEqual(expressionsOf(command), expected);
  });
}

test('decodeNft() keeps an expression without a codec, with its name and bytes', () => {
  const [first] = expressionsOf('quota over 5 mbytes drop');
  assert.deepEqual(first, {
    kind: 'unknown',
    name: 'quota',
    data: fromHex('0c00010000000000005000000c00040000000000000000000800020000000001'),
  });
});

test('expression names the field within the expression that cannot be read, and its place', () => {
  // NFTA_EXPR_NAME "cmp", then NFTA_EXPR_DATA with a register of two bytes instead of four.
  const bytes = fromHex('0800 0100 636d7000 0c00 0280 0600 0100 0001 0000');
  assert.throws(
    () => decodeAll(expression, bytes),
    (error) => error instanceof DecodeError && error.path === 'cmp/sreg' && error.offset === 16,
  );
});
