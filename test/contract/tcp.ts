import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, equalBytes } from '../../src/base/bytes.ts';
import { Seconds } from '../../src/base/duration.ts';
import { KernelError } from '../../src/base/errors.ts';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { parseIpv6 } from '../../src/base/ipv6.ts';
import { fromUtf8, utf8 } from '../../src/base/text.ts';
import type { TcpConnection, TcpListener, TcpPort } from '../../src/port/tcp.ts';

const LOOPBACK = parseIpv4('127.0.0.1');

/** Collects what a connection hands over and lets a test wait for it. */
class Ear {
  #received = new Uint8Array(0);
  #changed: (() => void) | undefined;
  readonly closed: Promise<Error | undefined>;

  constructor(connection: TcpConnection) {
    connection.onData((chunk) => {
      this.#received = concatBytes([this.#received, chunk]);
      this.#changed?.();
    });
    this.closed = new Promise((resolve) => connection.onClose(resolve));
  }

  get bytes(): Uint8Array {
    return this.#received;
  }

  async hears(length: number): Promise<string> {
    while (this.#received.length < length) await new Promise<void>((resolve) => (this.#changed = resolve));
    return fromUtf8(this.#received);
  }
}

interface Call {
  readonly listener: TcpListener;
  readonly near: TcpConnection;
  readonly far: TcpConnection;
}

async function call(tcp: TcpPort, address = LOOPBACK as TcpListener['local']['address']): Promise<Call> {
  const accepted = Promise.withResolvers<TcpConnection>();
  const listener = await tcp.listen({ address, port: 0 }, accepted.resolve);
  const near = await tcp.connect(listener.local, Seconds(5));
  return { listener, near, far: await accepted.promise };
}

const isErrno = (errno: string, operation: RegExp) => (error: unknown) =>
  error instanceof KernelError && error.errno === errno && operation.test(error.message);

/** What every implementation of the TCP port does. Its host has the two loopback addresses and not 192.0.2.99. */
export function tcpContract(name: string, make: () => TcpPort): void {
  for (const address of [LOOPBACK, parseIpv6('::1')]) {
    test(`${name} carries bytes both ways, both ends know both endpoints (${typeof address})`, async () => {
      const { listener, near, far } = await call(make(), address);
      const [nearEar, farEar] = [new Ear(near), new Ear(far)];
      near.write(utf8('one '));
      near.write(utf8('two'));
      far.write(utf8('three'));
      assert.equal(await farEar.hears(7), 'one two');
      assert.equal(await nearEar.hears(5), 'three');
      assert.deepEqual(near.remote, listener.local);
      assert.deepEqual(far.local, listener.local);
      assert.deepEqual(far.remote, near.local);
      near.destroy();
      await farEar.closed;
      listener.close();
    });
  }

  test(`${name} delivers all that was written before end(), then closes both ends without an error`, async () => {
    const { listener, near, far } = await call(make());
    const [nearEar, farEar] = [new Ear(near), new Ear(far)];
    far.write(new Uint8Array(200_000).fill(7));
    far.end();
    assert.equal(await nearEar.closed, undefined);
    assert.equal(await farEar.closed, undefined);
    assert.equal(nearEar.bytes.length, 200_000);
    assert.equal(far.write(utf8('late')), false);
    listener.close();
  });

  test(`${name} delivers our last words even while the peer still talks`, async () => {
    const { listener, near, far } = await call(make());
    const nearEar = new Ear(near);
    far.pause();
    near.write(new Uint8Array(50_000));
    far.write(utf8('goodbye'));
    far.end();
    await nearEar.closed;
    assert.equal(fromUtf8(nearEar.bytes), 'goodbye');
    listener.close();
  });

  test(`${name} tells of a close once, also when both ends destroy`, async () => {
    const { listener, near, far } = await call(make());
    let count = 0;
    near.onClose(() => count++);
    const farEar = new Ear(far);
    near.destroy();
    near.destroy();
    far.destroy();
    await farEar.closed;
    near.end();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(count, 1);
    listener.close();
  });

  test(`${name} tells a handler set after the close`, async () => {
    const { listener, near, far } = await call(make());
    const farEar = new Ear(far);
    near.destroy();
    await farEar.closed;
    assert.equal(await new Promise((resolve) => near.onClose(resolve)), undefined);
    listener.close();
  });

  test(`${name} holds data back while paused, asks the writer to wait, and tells when it may go on`, async () => {
    const { listener, near, far } = await call(make());
    const farEar = new Ear(far);
    far.pause();
    const chunk = Uint8Array.from({ length: 65_536 }, (_, i) => i & 255);
    const drained = new Promise<void>((resolve) => near.onDrain(resolve));
    let written = 1;
    while (near.write(chunk)) written++;
    assert.equal(farEar.bytes.length, 0);
    far.resume();
    await drained;
    await farEar.hears(written * chunk.length);
    assert.ok(equalBytes(farEar.bytes.subarray(0, chunk.length), chunk));
    near.destroy();
    await farEar.closed;
    listener.close();
  });

  test(`${name} refuses what cannot be: nobody listening, a port taken, an address of another machine`, async () => {
    const tcp = make();
    const listener = await tcp.listen({ address: LOOPBACK, port: 0 }, () => {});
    await assert.rejects(
      tcp.listen(listener.local, () => {}),
      isErrno('EADDRINUSE', /^Cannot listen on TCP /),
    );
    await assert.rejects(
      tcp.listen({ address: parseIpv4('192.0.2.99'), port: 0 }, () => {}),
      isErrno('EADDRNOTAVAIL', /^Cannot listen on TCP /),
    );
    listener.close();
    await assert.rejects(
      tcp.connect(listener.local, Seconds(5)),
      isErrno('ECONNREFUSED', /^Cannot connect to /),
    );
  });

  test(`${name} keeps accepted connections when its listener closes`, async () => {
    const { listener, near, far } = await call(make());
    const farEar = new Ear(far);
    listener.close();
    near.write(utf8('still here'));
    assert.equal(await farEar.hears(10), 'still here');
    near.destroy();
    await farEar.closed;
  });
}
