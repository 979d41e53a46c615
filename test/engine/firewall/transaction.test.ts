import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../../../src/base/hex.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { canonicalLines } from '../../../src/engine/firewall/canonical.ts';
import { compileRuleset, denyAll } from '../../../src/engine/firewall/compile.ts';
import { elementBodies } from '../../../src/engine/firewall/set-messages.ts';
import { lanNetworkSet } from '../../../src/engine/firewall/sets.ts';
import {
  NOTHING_CARRIED,
  contentMessages,
  replacementMessages,
} from '../../../src/engine/firewall/transaction.ts';
import { decodeAll } from '../../../src/wire/field/codec.ts';
import { counter } from '../../../src/wire/nftables/expression/counter.ts';
import { type NftMessage, decodeNft, encodeNft } from '../../../src/wire/nftables/message.ts';
import { readVectors } from '../../wire/nftables/vectors.ts';
import { OFFICE, forwardWith } from './options.ts';

const ruleset = compileRuleset({ ...OFFICE, forwards: [forwardWith({ toPort: 443 })] });

function throughTheWire(messages: readonly NftMessage[]): NftMessage[] {
  return messages.map((message) => {
    const again = decodeNft(encodeNft(message));
    assert.ok(again);
    return again;
  });
}

test('replacementMessages() begin with a table that may be there and its removal, whatever is in the kernel', () => {
  const [first, second, third] = replacementMessages(ruleset, NOTHING_CARRIED);
  assert.deepEqual([first?.operation, first?.kind], ['add', 'table']);
  assert.deepEqual([second?.operation, second?.kind], ['delete', 'table']);
  assert.deepEqual([third?.operation, third?.kind], ['add', 'table']);
});

test('replacementMessages() declare everything before it is used', () => {
  const order = ['table', 'chain', 'object', 'set', 'elements', 'rule'];
  const kinds = replacementMessages(ruleset, NOTHING_CARRIED)
    .slice(2)
    .map(({ kind }) => (kind === 'elements' ? 'set' : kind));
  const places = kinds.map((kind) => order.indexOf(kind));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
});

test('replacementMessages() are all about our own table', () => {
  for (const { body } of replacementMessages(ruleset, NOTHING_CARRIED))
    assert.equal('table' in body ? body.table : 'name' in body ? body.name : undefined, 'gatepost');
});

test('replacementMessages() begin counters with their totals', () => {
  const totals = new Map([['lan-dns', { packets: 5n, bytes: 300n }]]);
  const values = replacementMessages(ruleset, { totals, elements: new Map() }).flatMap((message) =>
    message.kind === 'object' && message.body.name === 'lan-dns'
      ? [decodeAll(counter, message.body.data ?? new Uint8Array())]
      : [],
  );
  assert.deepEqual(values, [{ packets: 5n, bytes: 300n }]);
});

test('the elements of networks are those of the reference tool, byte for byte', () => {
  const vector = readVectors('set').find(({ origin }) => origin.includes('set inet t nets'));
  const message = vector?.messages.map(decodeNft).find((one) => one?.kind === 'elements');
  assert.ok(message?.kind === 'elements');
  const networks = ['192.168.77.0/24', '10.0.0.0/8', '255.255.255.0/24'].map(parsePrefix4);
  // nft marks the range up to the highest address for its own listing.
  const theirs = message.body.elements?.map(({ flags, key }) =>
    flags === undefined ? { key } : { flags, key },
  );
  assert.deepEqual(elementBodies(lanNetworkSet(networks)), theirs);
});

test('canonicalLines() are the same for messages and what the kernel makes of them', () => {
  const messages = contentMessages(ruleset);
  const lines = canonicalLines(messages);
  const kernel = throughTheWire(messages).map((message): NftMessage => {
    if (message.kind === 'object')
      return { ...message, body: { ...message.body, handle: 7n, use: 2, data: new Uint8Array(4) } };
    if (message.kind === 'rule') return { ...message, body: { ...message.body, handle: 9n, position: 8n } };
    if (message.kind === 'set')
      return {
        ...message,
        body: { ...message.body, handle: 3n, id: undefined, description: message.body.description ?? {} },
      };
    if (message.kind === 'elements')
      return {
        ...message,
        body: {
          ...message.body,
          setId: undefined,
          elements: message.body.elements?.toReversed(),
          unknown: [{ type: 20, payload: Uint8Array.of(1) }],
        },
      };
    return message;
  });
  assert.deepEqual(canonicalLines(kernel), lines);
});

test('canonicalLines() differ for every option that makes a difference', () => {
  const base = { ...OFFICE, forwards: [forwardWith()] };
  const variants = [
    base,
    { ...base, mode: 'router' as const },
    { ...base, mode: 'lan-only' as const },
    { ...base, wan: ['wan1'] },
    { ...base, lan: ['lan1'] },
    { ...base, lanNetworks: [parsePrefix4('192.168.78.1/24')] },
    { ...base, lanServices: [] },
    { ...base, publicServices: [] },
    { ...base, forwards: [] },
    { ...base, forwards: [forwardWith({ name: 'renamed' })] },
    { ...base, forwards: [forwardWith({ toPort: 443 })] },
    { ...base, hairpin: false },
    { ...base, pingFromWan: false },
  ].map((options) => canonicalLines(contentMessages(compileRuleset(options))).join('\n'));
  variants.push(canonicalLines(contentMessages(denyAll(base))).join('\n'));
  assert.equal(new Set(variants).size, variants.length);
});

test('canonicalLines() differ when rules change places', () => {
  const messages = contentMessages(ruleset);
  const rules = messages.filter(({ kind }) => kind === 'rule').toReversed();
  const others = messages.filter(({ kind }) => kind !== 'rule');
  assert.notDeepEqual(canonicalLines([...others, ...rules]), canonicalLines(messages));
});

test('messages of a ruleset survive the wire unchanged', () => {
  const messages = contentMessages(ruleset);
  const again = throughTheWire(messages);
  for (const [index, message] of messages.entries()) {
    const other = again[index];
    assert.ok(other);
    assert.equal(toHex(encodeNft(other).payload), toHex(encodeNft(message).payload));
  }
});
