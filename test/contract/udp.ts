import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint } from '../../src/base/address.ts';
import { KernelError } from '../../src/base/errors.ts';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { parseIpv6 } from '../../src/base/ipv6.ts';
import { fromUtf8, utf8 } from '../../src/base/text.ts';
import type { Endpoint, IpAddress, UdpDialer, UdpPort } from '../../src/port/udp.ts';

const LOOPBACK = parseIpv4('127.0.0.1');
const ELSEWHERE = parseIpv4('192.0.2.99');

/** A handler whose datagrams a test awaits one by one. */
class Inbox {
  readonly #arrived: string[] = [];
  #waiting: ((text: string) => void) | undefined;

  readonly take = (datagram: Uint8Array, from: Endpoint): void => {
    const text = `${fromUtf8(datagram)} from ${formatEndpoint(from)}`;
    if (this.#waiting === undefined) this.#arrived.push(text);
    else this.#waiting(text);
    this.#waiting = undefined;
  };

  async next(): Promise<string> {
    return this.#arrived.shift() ?? new Promise((resolve) => (this.#waiting = resolve));
  }
}

const at = (address: IpAddress, port = 0): Endpoint => ({ address, port });

/** What every implementation of the UDP port does. Its host has the two loopback addresses and not 192.0.2.99. */
export function udpContract(name: string, make: () => UdpPort & UdpDialer): void {
  for (const address of [LOOPBACK, parseIpv6('::1')]) {
    test(`${name} carries datagrams both ways over ${formatEndpoint(at(address))}, each whole and with its sender`, async () => {
      const udp = make();
      const [left, right] = [new Inbox(), new Inbox()];
      const a = await udp.bind(at(address), left.take);
      const b = await udp.bind(at(address), right.take);
      a.send(utf8('ping'), b.local);
      assert.equal(await right.next(), `ping from ${formatEndpoint(a.local)}`);
      b.send(utf8(''), a.local);
      b.send(utf8('pong'), a.local);
      assert.equal(await left.next(), ` from ${formatEndpoint(b.local)}`);
      assert.equal(await left.next(), `pong from ${formatEndpoint(b.local)}`);
      a.close();
      b.close();
    });
  }

  test(`${name} chooses a different free port for every bind to port 0`, async () => {
    const udp = make();
    const sockets = await Promise.all([1, 2, 3].map(() => udp.bind(at(LOOPBACK), () => {})));
    assert.equal(new Set(sockets.map((socket) => socket.local.port)).size, 3);
    assert.ok(sockets.every((socket) => socket.local.port > 0));
    for (const socket of sockets) socket.close();
  });

  test(`${name} receives for the unspecified address what is sent to any of the host's`, async () => {
    const udp = make();
    const inbox = new Inbox();
    const all = await udp.bind(at(parseIpv4('0.0.0.0')), inbox.take);
    const sender = await udp.bind(at(LOOPBACK), () => {});
    sender.send(utf8('any'), at(LOOPBACK, all.local.port));
    assert.equal(await inbox.next(), `any from ${formatEndpoint(sender.local)}`);
    all.close();
    sender.close();
  });

  test(`${name} refuses a taken port with EADDRINUSE and a foreign address with EADDRNOTAVAIL`, async () => {
    const udp = make();
    const first = await udp.bind(at(LOOPBACK), () => {});
    const isErrno = (errno: string) => (error: unknown) =>
      error instanceof KernelError &&
      error.errno === errno &&
      error.message.startsWith('Cannot listen on UDP ');
    await assert.rejects(
      udp.bind(first.local, () => {}),
      isErrno('EADDRINUSE'),
    );
    await assert.rejects(
      udp.bind(at(ELSEWHERE), () => {}),
      isErrno('EADDRNOTAVAIL'),
    );
    first.close();
  });

  test(`${name} frees the port when closed, and neither a late send nor a second close does anything`, async () => {
    const udp = make();
    const inbox = new Inbox();
    const old = await udp.bind(at(LOOPBACK), () => assert.fail('received after close'));
    const sender = await udp.bind(at(LOOPBACK), () => assert.fail('received from a closed socket'));
    old.close();
    old.close();
    old.send(utf8('too late'), sender.local);
    const fresh = await udp.bind(old.local, inbox.take);
    sender.send(utf8('hello'), fresh.local);
    assert.equal(await inbox.next(), `hello from ${formatEndpoint(sender.local)}`);
    fresh.close();
    sender.close();
  });

  test(`${name} loses a datagram that cannot be sent without throwing`, async () => {
    const udp = make();
    const inbox = new Inbox();
    const a = await udp.bind(at(LOOPBACK), () => {});
    const b = await udp.bind(at(LOOPBACK), inbox.take);
    a.send(utf8('other family'), at(parseIpv6('::1'), b.local.port));
    a.send(utf8('nobody there'), at(LOOPBACK, 1));
    // A peer may send from port 0 (RFC 768); there is no way to answer it.
    a.send(utf8('no port'), at(LOOPBACK, 0));
    a.send(utf8('still works'), b.local);
    assert.equal(await inbox.next(), `still works from ${formatEndpoint(a.local)}`);
    a.close();
    b.close();
  });

  test(`${name} keeps a sent datagram as it was, whatever the caller does to its array afterwards`, async () => {
    const udp = make();
    const inbox = new Inbox();
    const a = await udp.bind(at(LOOPBACK), () => {});
    const b = await udp.bind(at(LOOPBACK), inbox.take);
    const bytes = utf8('kept');
    a.send(bytes, b.local);
    bytes.fill(0x21);
    assert.equal(await inbox.next(), `kept from ${formatEndpoint(a.local)}`);
    a.close();
    b.close();
  });

  test(`${name} converses with one peer from a port of its own, and hears nobody else`, async () => {
    const udp = make();
    const [peerInbox, inbox] = [new Inbox(), new Inbox()];
    const callers: Endpoint[] = [];
    const peer = await udp.bind(at(LOOPBACK), (datagram, from) => {
      callers.push(from);
      peerInbox.take(datagram, from);
    });
    const stranger = await udp.bind(at(LOOPBACK), () => {});
    const conversation = await udp.connect(peer.local, {
      onDatagram: (datagram) => inbox.take(datagram, peer.local),
      onUnreachable: () => assert.fail('the peer is there'),
    });
    conversation.send(utf8('question'));
    assert.match(await peerInbox.next(), /^question from 127\.0\.0\.1:/);
    const [caller] = callers;
    assert.ok(caller !== undefined);
    stranger.send(utf8('forged'), caller);
    peer.send(utf8('answer'), caller);
    assert.equal(await inbox.next(), `answer from ${formatEndpoint(peer.local)}`);
    conversation.close();
    conversation.close();
    conversation.send(utf8('too late'));
    peer.close();
    stranger.close();
  });

  test(`${name} says at once that a datagram reaches nobody when the host says so (RFC 1122 §4.1.3.3)`, async () => {
    const udp = make();
    const gone = await udp.bind(at(LOOPBACK), () => {});
    gone.close();
    const { promise, resolve } = Promise.withResolvers<void>();
    const conversation = await udp.connect(gone.local, {
      onDatagram: () => assert.fail('nobody is there'),
      onUnreachable: resolve,
    });
    conversation.send(utf8('hello'));
    await promise;
    conversation.close();
  });
}
