import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { UNSPECIFIED } from '../../../src/base/ipv4.ts';
import { fromLatin1, utf8 } from '../../../src/base/text.ts';
import { decodeMessage, encodeMessage } from '../../../src/wire/dhcp4/message.ts';
import { encodeOptionValue } from '../../../src/wire/dhcp4/option-value.ts';
import { Bench, type Of, SERVER, from, ip } from './bench.ts';

const boot = (...options: (readonly [number, Uint8Array])[]): Bench =>
  new Bench({ custom: new Map(options) });

/** What is on the wire, read back. */
function read(sent: Of<'send'> | undefined): ReturnType<typeof decodeMessage> {
  assert.ok(sent);
  return decodeMessage(encodeMessage(sent.message, sent.limits));
}

test('a boot loader finds server and file in the header and in options 66 and 67 (RFC 2132 §9.4, §9.5)', () => {
  const bench = boot([66, utf8('192.168.77.9')], [67, utf8('pxelinux.0')]);
  const offer = read(bench.answer(from(1, 'DISCOVER')));
  assert.equal(offer.siaddr, ip('192.168.77.9'));
  assert.equal(fromLatin1(offer.sname), '192.168.77.9');
  assert.equal(fromLatin1(offer.file), 'pxelinux.0');
  assert.equal(offer.options.tftpServerName, '192.168.77.9');
  assert.equal(offer.options.bootFile, 'pxelinux.0');
});

test('the server’s address is the first of option 150 where option 66 is a name (RFC 5859)', () => {
  const servers = encodeOptionValue('ipv4-list', ['192.168.77.8', '192.168.77.9']);
  const offer = read(boot([66, utf8('tftp.example')], [150, servers]).answer(from(1, 'DISCOVER')));
  assert.equal(offer.siaddr, ip('192.168.77.8'));
  assert.equal(fromLatin1(offer.sname), 'tftp.example');
  assert.deepEqual(offer.options.tftpServers, [ip('192.168.77.8'), ip('192.168.77.9')]);
});

test('a file name too long for its header field is in option 67 alone, and without boot options the fields are empty', () => {
  const offer = read(boot([67, utf8('f'.repeat(128))]).answer(from(1, 'DISCOVER')));
  assert.equal(offer.file.length, 0);
  assert.equal(offer.options.bootFile?.length, 128);
  const plain = read(new Bench().answer(from(1, 'DISCOVER')));
  assert.deepEqual([plain.siaddr, plain.file.length, plain.sname.length], [UNSPECIFIED, 0, 0]);
});

test('a NAK names no server and no file (RFC 2131 table 3)', () => {
  const bench = boot([66, utf8('192.168.77.9')], [67, utf8('pxelinux.0')]);
  const nak = read(bench.answer(from(1, 'REQUEST', { requestedAddress: ip('10.0.0.1') })));
  assert.deepEqual([nak.siaddr, nak.file.length, nak.sname.length], [UNSPECIFIED, 0, 0]);
  assert.equal(nak.options.leaseTime, undefined);
});

test('classless routes without a default get the box as the default: their readers ignore option 3 (RFC 3442)', () => {
  const routes = encodeOptionValue('routes', ['10.0.0.0/8 via 192.168.77.2']);
  const offer = read(boot([121, routes]).answer(from(1, 'DISCOVER')));
  const everywhere = { address: UNSPECIFIED, length: 0 };
  assert.deepEqual(offer.options.classlessRoutes?.at(-1), { destination: everywhere, router: SERVER });
  assert.equal(offer.options.classlessRoutes?.length, 2);
  const own = encodeOptionValue('routes', ['0.0.0.0/0 via 192.168.77.2']);
  const kept = read(boot([121, own]).answer(from(1, 'DISCOVER')));
  assert.equal(kept.options.classlessRoutes?.length, 1);
  const odd = boot([121, fromHex('21')]).answer(from(1, 'DISCOVER'));
  assert.equal(toHex(read(odd).options.other?.get(121) ?? new Uint8Array()), '21');
});

test('options that do not fit are given up before the netmask, the relay’s notes and the identifier (RFC 3046 §2.2)', () => {
  const filler: (readonly [number, Uint8Array])[] = [224, 225, 226].map((code) => [
    code,
    new Uint8Array(200),
  ]);
  const asked = { clientId: fromHex('ff0102'), relayAgent: fromHex('0102 6161'.replace(' ', '')) };
  const request = from(1, 'DISCOVER', { ...asked, parameterRequestList: [224, 225, 226, 1, 3, 6] });
  const { options } = read(boot(...filler).answer(request));
  assert.equal(options.subnetMask, ip('255.255.255.0'));
  assert.deepEqual(options.routers, [SERVER]);
  assert.equal(toHex(options.clientId ?? new Uint8Array()), 'ff0102');
  assert.equal(toHex(options.relayAgent ?? new Uint8Array()), '01026161');
  assert.equal(options.other?.has(226), false);
});

test('option 81 is answered with the name the client has here (RFC 4702 §4)', () => {
  const flags = { serverUpdates: false, overridden: false, wireForm: true, noUpdate: false, unknown: 0 };
  const clientFqdn = { flags, rcode1: 0, rcode2: 0, name: fromHex('02706331 00'.replace(' ', '')) };
  const ask = (fqdn: typeof clientFqdn): ReturnType<typeof read>['options'] =>
    read(new Bench().answer(from(1, 'DISCOVER', { clientFqdn: fqdn }))).options;
  const wire = ask({ ...clientFqdn, name: fromHex('03706331 00'.replace(' ', '')) }).clientFqdn;
  assert.equal(toHex(wire?.name ?? new Uint8Array()), '03706331066f6666696365076578616d706c6500');
  assert.deepEqual(wire?.flags, { ...flags, serverUpdates: true, overridden: true });
  const text = ask({
    ...clientFqdn,
    flags: { ...flags, wireForm: false, serverUpdates: true },
    name: utf8('pc1'),
  });
  assert.equal(fromLatin1(text.clientFqdn?.name ?? new Uint8Array()), 'pc1.office.example');
  assert.equal(text.clientFqdn?.flags.overridden, false);
  assert.equal(ask({ ...clientFqdn, name: new Uint8Array(0) }).clientFqdn, undefined);
});

test('option 81 is not answered where the name is too long below the domain (RFC 1035 §2.3.4)', () => {
  const flags = { serverUpdates: true, overridden: false, wireForm: true, noUpdate: false, unknown: 0 };
  const name = fromHex('03706331 00'.replace(' ', ''));
  const clientFqdn = { flags, rcode1: 0, rcode2: 0, name };
  const ask = (domain: string): ReturnType<typeof read>['options'] =>
    read(new Bench({ domain }).answer(from(1, 'DISCOVER', { clientFqdn, maxMessageSize: 1500 }))).options;
  // "pc1" and a dot are four of 253 characters.
  const longest = `${'a'.repeat(61)}.`.repeat(4).slice(0, -1).padEnd(249, '.b');
  assert.equal(ask(longest).clientFqdn?.name.length, 255);
  const { hostName, domainName, clientFqdn: answer } = ask(`${longest}b`);
  assert.deepEqual([hostName, domainName, answer], ['pc1', `${longest}b`, undefined]);
});

test('a relay elsewhere whose notes select this network is answered at its own address (RFC 3527)', () => {
  const giaddr = ip('10.9.9.9');
  const relayAgent = fromHex('0504c0a84d00');
  const offer = new Bench().answer(from(1, 'DISCOVER', { relayAgent }, { giaddr }));
  assert.deepEqual([offer?.to.address, offer?.to.port], [giaddr, 67]);
  const elsewhere = from(
    1,
    'DISCOVER',
    { relayAgent: fromHex('05040a000000') },
    { giaddr: ip('192.168.77.9') },
  );
  assert.equal(new Bench().answer(elsewhere), undefined);
  const cut = from(1, 'DISCOVER', { relayAgent: fromHex('0504c0') }, { giaddr: ip('192.168.77.9') });
  assert.ok(new Bench().answer(cut));
});

test('an ACK repeats the address the client has already in ciaddr, an OFFER does not (RFC 2131 table 3)', () => {
  const bench = new Bench();
  const address = bench.lease(1);
  assert.equal(bench.renew(1, address)?.message.ciaddr, address);
  assert.equal(bench.answer(from(1, 'DISCOVER'))?.message.ciaddr, UNSPECIFIED);
});
