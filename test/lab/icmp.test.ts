import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { Milliseconds, Seconds } from '../../src/base/duration.ts';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { RawSocketIcmp } from '../../src/io/linux/icmp.ts';
import { decodeEchoReply, encodeEchoRequest } from '../../src/wire/icmp/echo.ts';
import { FakeRandom } from '../fake/fake-random.ts';
import { inOwnNetwork } from './own-network.ts';

function ip(...args: string[]): void {
  execFileSync('ip', args);
}

inOwnNetwork(import.meta.filename, () => {
  const icmp = new RawSocketIcmp(
    { encodeRequest: encodeEchoRequest, decodeReply: decodeEchoReply },
    new FakeRandom(),
  );

  before(() => {
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
    for (const device of ['va', 'vb']) ip('link', 'set', device, 'up');
    ip('addr', 'add', '192.0.2.1/24', 'dev', 'va');
  });

  test('echo() is true for a host that answers', async () => {
    assert.equal(await icmp.echo(parseIpv4('127.0.0.1'), Seconds(10)), true);
  });

  test('echo() is false for an address nobody has, and for one without a route', async () => {
    assert.equal(await icmp.echo(parseIpv4('192.0.2.77'), Milliseconds(50)), false);
    assert.equal(await icmp.echo(parseIpv4('198.51.100.1'), Seconds(10)), false);
  });

  test('echo() tells answers to several questions apart', async () => {
    const [here, there, also] = await Promise.all([
      icmp.echo(parseIpv4('127.0.0.1'), Milliseconds(500)),
      icmp.echo(parseIpv4('192.0.2.78'), Milliseconds(500)),
      icmp.echo(parseIpv4('127.0.0.2'), Milliseconds(500)),
    ]);
    assert.deepEqual([here, there, also], [true, false, true]);
  });

  test('echo() leaves no raw socket open when nothing is awaited', async () => {
    await icmp.echo(parseIpv4('127.0.0.1'), Seconds(10));
    await new Promise((resolve) => setImmediate(resolve));
    const sockets = readFileSync('/proc/self/net/raw', 'latin1').trim().split('\n').slice(1);
    assert.deepEqual(sockets, []);
  });
});
