import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../src/base/address.ts';
import { UserError } from '../../src/base/errors.ts';
import { parseUpstream } from '../../src/base/upstream.ts';

test('parseUpstream() reads transport, address and port', () => {
  const expected: readonly [string, string, string, number][] = [
    ['udp://192.0.2.53', 'udp', '192.0.2.53', 53],
    ['tcp://192.0.2.53:5353', 'tcp', '192.0.2.53', 5353],
    ['UDP://[2001:db8::53]', 'udp', '2001:db8::53', 53],
    ['tcp://[2001:db8::53]:65535', 'tcp', '2001:db8::53', 65_535],
  ];
  for (const [text, transport, address, port] of expected) {
    assert.deepEqual(parseUpstream(text), {
      transport,
      endpoint: { address: parseAddress(address), port },
    });
  }
});

test('parseUpstream() refuses names, other transports and wrong ports, and says what it takes', () => {
  for (const text of [
    '192.0.2.53',
    'udp://dns.example',
    'tls://192.0.2.53:853#dns.example',
    'udp://192.0.2.53:0',
    'udp://192.0.2.53:65536',
    'udp://[192.0.2.53]',
    'udp://2001:db8::53',
    'udp://192.0.2.53/x',
  ]) {
    assert.throws(
      () => parseUpstream(text),
      (error) => error instanceof UserError && error.message.includes(`"${text}"`),
      text,
    );
  }
});
