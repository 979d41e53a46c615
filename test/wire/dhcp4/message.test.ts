import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { Hours, Seconds } from '../../../src/base/duration.ts';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { type Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { latin1 } from '../../../src/base/text.ts';
import { MESSAGE_TYPE } from '../../../src/wire/dhcp4/constants.ts';
import { type Dhcp4Message, decodeMessage, encodeMessage } from '../../../src/wire/dhcp4/message.ts';
import { namedOptions } from '../../../src/wire/dhcp4/options.ts';

interface Capture {
  readonly from: string;
  readonly type: keyof typeof MESSAGE_TYPE;
  readonly packet: string;
}

const captures = (
  JSON.parse(readFileSync(new URL('../../vectors/dhcp4.json', import.meta.url), 'utf8')) as {
    packets: Capture[];
  }
).packets;

/** The UDP payload behind 20 octets of IPv4 and 8 of UDP. */
function payloadOf(capture: Capture): Uint8Array {
  return fromHex(capture.packet).subarray(28);
}

function capture(from: string, type: string): Dhcp4Message {
  const found = captures.find((one) => one.from === from && one.type === type);
  assert.ok(found);
  return decodeMessage(payloadOf(found));
}

/** Option numbers in wire order, read independently of the decoder. */
function codesOf(payload: Uint8Array): number[] {
  const codes: number[] = [];
  for (let at = 240; payload[at] !== undefined && payload[at] !== 255; at += 2 + (payload[at + 1] ?? 0)) {
    codes.push(payload[at] ?? 0);
  }
  return codes;
}

/** A message built by hand: fixed header with the cookie, then `options`. */
function build(options: string, fields: { sname?: string; file?: string; hlen?: string } = {}): Uint8Array {
  const fixed = `0101${fields.hlen ?? '06'}00 12345678 0000 8000 ${'00000000'.repeat(4)} 020000000021${'00'.repeat(10)}`;
  const sname = (fields.sname ?? '').padEnd(128, '0');
  const file = (fields.file ?? '').padEnd(256, '0');
  return fromHex(`${fixed}${sname}${file}63825363${options}`);
}

const minimal: Dhcp4Message = {
  ...decodeMessage(build('350101ff')),
  options: { messageType: MESSAGE_TYPE.OFFER },
};

for (const one of captures) {
  test(`decodeMessage() reads the ${one.type} of ${one.from}`, () => {
    assert.equal(decodeMessage(payloadOf(one)).options.messageType, MESSAGE_TYPE[one.type]);
  });
}

test('encodeMessage() writes what each captured client sent, octet for octet', () => {
  for (const one of captures.filter((each) => !each.from.startsWith('dnsmasq'))) {
    const payload = payloadOf(one);
    const again = encodeMessage(decodeMessage(payload), { order: codesOf(payload) });
    assert.equal(toHex(again), toHex(payload), `${one.from} ${one.type}`);
  }
});

test('decodeMessage() names the options of dhclient, udhcpc and dhcpcd', () => {
  const dhclient = capture('dhclient (isc-dhcp-client 4.4.3-P1)', 'REQUEST');
  assert.equal(dhclient.options.hostName, 'vm');
  assert.equal(dhclient.options.serverId, parseIpv4('192.168.77.1'));
  assert.equal(toHex(dhclient.chaddr, ':'), '02:00:00:00:00:21');
  const udhcpc = capture('udhcpc (busybox 1.35.0)', 'DISCOVER');
  assert.equal(udhcpc.options.vendorClass, 'udhcp 1.35.0');
  assert.equal(udhcpc.options.maxMessageSize, 576);
  assert.deepEqual(udhcpc.options.parameterRequestList, [1, 3, 6, 12, 15, 28, 42]);
  assert.equal(toHex(udhcpc.options.clientId ?? new Uint8Array()), '01020000000022');
  const dhcpcd = capture('dhcpcd 9.4.1', 'DISCOVER');
  assert.equal(toHex(dhcpcd.options.other?.get(145) ?? new Uint8Array()), '01');
});

test('decodeMessage() reads compressed search lists and classless routes of dnsmasq (RFC 3397 §2, RFC 3442)', () => {
  const { options } = capture('dnsmasq, answering dhclient (isc-dhcp-client 4.4.3-P1)', 'ACK');
  assert.deepEqual(options.domainSearch, ['office.example', 'lab.office.example']);
  assert.deepEqual(options.classlessRoutes, [
    { destination: { address: parseIpv4('10.0.0.0'), length: 8 }, router: parseIpv4('192.168.77.254') },
  ]);
  assert.equal(options.leaseTime, Hours(1));
  assert.equal(options.renewalTime, Seconds(1800));
});

test('decodeMessage() joins an option that comes in several parts (RFC 3396 §5)', () => {
  const message = decodeMessage(build('350101 7703016100 0c0178 7702 c000 ff'.replaceAll(' ', '')));
  assert.equal(message.options.hostName, 'x');
  // "a", zero, then a pointer to offset 0 of the joined value.
  assert.deepEqual(message.options.other?.get(119), undefined);
  assert.deepEqual(message.options.domainSearch, ['a', 'a']);
});

test('namedOptions() keeps NULs within a text, however many', () => {
  const bytes = new Uint8Array(500_000);
  bytes.set([97, 0, 98], 0);
  assert.equal(namedOptions(new Map([[12, bytes]])).hostName, 'a\0b');
  bytes[499_000] = 99;
  assert.equal(namedOptions(new Map([[12, bytes]])).hostName?.length, 499_001);
});

test('decodeMessage() reads overloaded fields, options first, then file, then sname (RFC 2131 §4.1)', () => {
  const message = decodeMessage(build('350101 340103 0c0161 ff', { file: '0c0162ff', sname: '0c0163ff' }));
  assert.equal(message.options.hostName, 'abc');
  assert.equal(message.file.length, 0);
  assert.equal(message.sname.length, 0);
});

test('decodeMessage() reads what dnsmasq put into file and sname for want of room (RFC 2132 §9.3)', () => {
  const captured = 'dnsmasq 2.90 with more options than fit, answering udhcpc (busybox 1.35.0)';
  const { options, file, sname } = capture(captured, 'ACK');
  assert.deepEqual([file.length, sname.length], [0, 0]);
  assert.equal(toHex(options.vendorInfo ?? new Uint8Array()), `${'ab'.repeat(119)}cd`);
  assert.equal(options.tftpServerName, 'tftp.example');
  assert.equal(options.other?.has(52) ?? false, false, 'the overload is no option of its own');
});

test('decodeMessage() leaves file and sname alone without option 52', () => {
  const message = decodeMessage(build('350101ff', { file: '0c0162ff', sname: '6d78' }));
  assert.equal(toHex(message.file), '0c0162ff');
  assert.equal(toHex(message.sname), '6d78');
});

test('decodeMessage() keeps a malformed value raw and goes on with the rest', () => {
  const message = decodeMessage(build('350101 3203c0a84d 0c0161 ff'));
  assert.equal(message.options.requestedAddress, undefined);
  assert.equal(toHex(message.options.other?.get(50) ?? new Uint8Array()), 'c0a84d');
  assert.equal(message.options.hostName, 'a');
});

test('decodeMessage() drops trailing NULs of text and accepts a missing END (RFC 2132 §2)', () => {
  const { options } = decodeMessage(build('350101 0c0461620000 0f00'));
  assert.equal(options.hostName, 'ab');
  assert.equal(options.domainName, '');
});

const refused: readonly (readonly [string, Uint8Array])[] = [
  ['a message without the magic cookie', build('350101ff').fill(0, 236, 240)],
  ['a message shorter than the header', build('').subarray(0, 200)],
  ['an option past the end', build('350101 0c10616263')],
  ['an option number without a length', build('350101 0c')],
  ['a hardware address longer than its field', build('350101ff', { hlen: '11' })],
  [
    'an option past the end of an overloaded field',
    build('350101 340101 ff', { file: '00'.repeat(126) + '0c05' }),
  ],
];
for (const [what, bytes] of refused) {
  test(`decodeMessage() rejects ${what}`, () => assert.throws(() => decodeMessage(bytes), DecodeError));
}

test('decodeMessage() names the option that runs past the end, and where', () => {
  assert.throws(
    () => decodeMessage(build('350101 0c026162 0f1061'.replaceAll(' ', ''))),
    (error) => error instanceof DecodeError && error.path === 'options/15' && error.offset === 249,
  );
});

test('decodeMessage() throws only DecodeError for every cut and every random tail', () => {
  for (const one of captures) {
    const payload = payloadOf(one);
    for (let length = 0; length < payload.length; length++) onlyDecodeError(payload.subarray(0, length));
  }
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.uint8Array({ minLength: 192, maxLength: 192 }),
      (tail, mid) => {
        const bytes = Uint8Array.of(...build(''), ...tail);
        bytes.set(mid, 44);
        onlyDecodeError(bytes);
      },
    ),
  );
});

function onlyDecodeError(bytes: Uint8Array): void {
  try {
    decodeMessage(bytes);
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error));
  }
}

test('encodeMessage() pads to 300 octets and puts the message type first (RFC 1542 §2.1)', () => {
  const bytes = encodeMessage({ ...minimal, options: { hostName: 'a', messageType: 2 } }, { order: [12] });
  assert.equal(bytes.length, 300);
  assert.equal(toHex(bytes.subarray(236, 247)), '638253633501020c0161ff');
});

test('encodeMessage() divides an option of more than 255 octets and decodes to the same (RFC 3396)', () => {
  const options = { messageType: 2, vendorInfo: new Uint8Array(600).fill(7) };
  const bytes = encodeMessage({ ...minimal, options }, { maxLength: 1472 });
  assert.deepEqual(decodeMessage(bytes).options, options);
});

test('encodeMessage() uses file and sname when the client takes only 576 octets (RFC 2132 §9.3)', () => {
  const options = {
    messageType: 2,
    vendorInfo: new Uint8Array(250).fill(7),
    message: 'm'.repeat(100),
    bootFile: 'b'.repeat(50),
  };
  const bytes = encodeMessage({ ...minimal, options });
  assert.ok(bytes.length <= 548);
  assert.deepEqual(decodeMessage(bytes).options, options);
});

test('encodeMessage() fills a message to the last octet of its limit', () => {
  // Behind 240 octets of header: 3 for the message type, 2 + 200 for option 43, 1 for END.
  const long = new Uint8Array(200).fill(7);
  const message = { ...minimal, options: { messageType: 2, vendorInfo: long } };
  assert.deepEqual(codesOf(encodeMessage(message, { maxLength: 446 })), [53, 43]);
  const less = encodeMessage(message, { maxLength: 445 });
  assert.deepEqual(codesOf(less), [53]);
  assert.deepEqual(decodeMessage(less).options, { messageType: 2 });
});

test('encodeMessage() fills it with an option of more than 255 octets too before it uses file and sname (RFC 3396)', () => {
  // In two parts: 4 octets of their numbers and lengths.
  const message = { ...minimal, options: { messageType: 2, vendorInfo: new Uint8Array(300).fill(7) } };
  assert.deepEqual(codesOf(encodeMessage(message, { maxLength: 548 })), [53, 43, 43]);
  const less = encodeMessage(message, { maxLength: 547 });
  assert.deepEqual(codesOf(less), [53, 43, 43, 52]);
  assert.deepEqual(decodeMessage(less).options, message.options);
});

test('encodeMessage() writes the raw value of a number in place of the named one, with and without room for all', () => {
  for (const length of [1, 400]) {
    const other = new Map([
      [1, latin1('mask')],
      [12, latin1('raw')],
      [224, new Uint8Array(length)],
    ]);
    // No mask that could be written.
    const options = { messageType: 2, subnetMask: -1 as Ipv4, hostName: 'named', other };
    const again = decodeMessage(encodeMessage({ ...minimal, options }));
    assert.equal(again.options.hostName, 'raw', `${length}`);
    assert.equal(again.options.subnetMask, parseIpv4('109.97.115.107'));
  }
});

test('encodeMessage() leaves out what fits nowhere and keeps the rest', () => {
  const options = { messageType: 2, leaseTime: Hours(1), vendorInfo: new Uint8Array(700), hostName: 'a' };
  const bytes = encodeMessage({ ...minimal, options });
  assert.ok(bytes.length <= 548);
  assert.deepEqual(decodeMessage(bytes).options, { messageType: 2, leaseTime: Hours(1), hostName: 'a' });
});

test('encodeMessage() does not overload fields that have content', () => {
  const message = {
    ...minimal,
    file: latin1('boot.img'),
    options: { messageType: 2, vendorInfo: new Uint8Array(400) },
  };
  const again = decodeMessage(encodeMessage(message));
  assert.equal(toHex(again.file), toHex(latin1('boot.img')));
  assert.equal(again.options.vendorInfo, undefined);
});

const address = fc.integer({ min: 0, max: 0xffff_ffff }).map((value) => value as Ipv4);
const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
const anyOptions = fc.record(
  {
    messageType: fc.integer({ min: 0, max: 255 }),
    subnetMask: address,
    routers: fc.array(address, { minLength: 1, maxLength: 5 }),
    hostName: label,
    leaseTime: fc.integer({ min: 0, max: 0xffff_ffff }).map(Seconds),
    parameterRequestList: fc.array(fc.integer({ min: 1, max: 254 }), { maxLength: 30 }),
    maxMessageSize: fc.integer({ min: 0, max: 65535 }),
    clientId: fc.uint8Array({ maxLength: 300 }),
    domainSearch: fc.array(
      fc.array(label, { minLength: 1, maxLength: 4 }).map((l) => l.join('.')),
      { minLength: 1, maxLength: 4 },
    ),
    relayAgent: fc.uint8Array({ maxLength: 40 }),
    other: fc
      .dictionary(fc.integer({ min: 200, max: 240 }).map(String), fc.uint8Array({ maxLength: 300 }), {
        minKeys: 1,
        maxKeys: 4,
      })
      .map((record) => new Map(Object.entries(record).map(([code, value]) => [Number(code), value]))),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test('encodeMessage() and decodeMessage() are inverse for any options', () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      const again = decodeMessage(encodeMessage({ ...minimal, options }, { maxLength: 65_000 }));
      assert.deepEqual(again, { ...minimal, options });
    }),
  );
});
