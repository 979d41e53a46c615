import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { NbdClient } from './nbd-client.ts';
import { NbdServer } from './nbd-server.ts';
import { PowerCutDisk, SECTOR } from './power-cut-disk.ts';

const OCTETS = 64 * SECTOR;

class Site implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'gatepost-nbd-'));
  readonly file = join(this.folder, 'disk.img');
  readonly socket = join(this.folder, 'disk.sock');
  readonly #stack = new AsyncDisposableStack();

  async start(): Promise<{ disk: PowerCutDisk; server: NbdServer }> {
    this.#stack.defer(() => rmSync(this.folder, { recursive: true }));
    writeFileSync(this.file, '');
    truncateSync(this.file, OCTETS);
    const disk = new PowerCutDisk(this.file);
    this.#stack.defer(() => disk.close());
    const server = this.#stack.use(await NbdServer.listen(disk, this.socket));
    return { disk, server };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

const sectors = (count: number, value: number): Buffer => Buffer.alloc(count * SECTOR, value);

test('NbdServer tells the size, flush, FUA and the sizes of blocks by NBD_OPT_INFO, and goes on haggling', async () => {
  await using site = new Site();
  await site.start();
  using client = await NbdClient.connect(site.socket);
  const name = Buffer.from('any').toString('hex');
  for (const _ of [1, 2])
    assert.deepEqual(await client.option(6, `00000003${name}00010003`), [
      // NBD_INFO_EXPORT: 32 KiB; has flags, flush, FUA. NBD_INFO_BLOCK_SIZE: 512, 4096, 32 MiB.
      { type: 3, data: '00000000000000008000000d' },
      { type: 3, data: '0003000002000000100002000000' },
      { type: 1, data: '' },
    ]);
});

test('NbdServer refuses options that it does not know, or that are cut short, by an error reply', async () => {
  await using site = new Site();
  await site.start();
  using client = await NbdClient.connect(site.socket);
  assert.deepEqual(await client.option(8, ''), [{ type: 0x8000_0001, data: '' }]);
  assert.deepEqual(await client.option(7, '000000090000'), [{ type: 0x8000_0003, data: '' }]);
  assert.deepEqual(await client.option(2, ''), [{ type: 1, data: '' }]);
  assert.equal(await client.bytes.take(1), undefined);
});

test('NbdServer enters transmission by NBD_OPT_EXPORT_NAME, with 124 zeros unless the client wants none', async () => {
  await using site = new Site();
  await site.start();
  for (const [flags, zeros] of [
    [1, 124],
    [3, 0],
  ] as const) {
    using client = await NbdClient.connect(site.socket, flags);
    client.socket.write(Buffer.from('49484156454f50540000000100000000', 'hex'));
    assert.equal((await client.take(10)).toString('hex'), '0000000000008000000d');
    assert.deepEqual(await client.take(zeros), Buffer.alloc(zeros));
    assert.deepEqual(await client.read(0, SECTOR), { error: 0, data: sectors(1, 0) });
  }
});

test('NbdServer closes the connection of a client with flags that it does not know', async () => {
  await using site = new Site();
  await site.start();
  using client = await NbdClient.connect(site.socket, 5);
  assert.equal(await client.bytes.take(1), undefined);
});

test('NbdServer gives back what was written, also before it is flushed', async () => {
  await using site = new Site();
  const { disk } = await site.start();
  using client = await NbdClient.open(site.socket);
  assert.equal(await client.write(4 * SECTOR, sectors(3, 7)), 0);
  const wanted = Buffer.concat([sectors(1, 0), sectors(3, 7), sectors(1, 0)]);
  assert.deepEqual(await client.read(3 * SECTOR, 5 * SECTOR), { error: 0, data: wanted });
  assert.equal(disk.unflushed, 3);
  assert.equal(await client.flush(), 0);
  assert.equal(disk.unflushed, 0);
  assert.deepEqual((await client.read(3 * SECTOR, 5 * SECTOR)).data, wanted);
});

test('NbdServer answers requests that do not fit the disk or its sectors with EINVAL or ENOSPC, and goes on', async () => {
  await using site = new Site();
  await site.start();
  using client = await NbdClient.open(site.socket);
  assert.equal((await client.read(100, SECTOR)).error, 22);
  assert.equal((await client.read(0, 100)).error, 22);
  assert.equal((await client.read(OCTETS, SECTOR)).error, 22);
  assert.equal(await client.write(OCTETS - SECTOR, sectors(2, 1)), 28);
  assert.equal(await client.write(OCTETS - SECTOR, sectors(1, 1)), 0);
});

test('NbdServer ends the connection at NBD_CMD_DISC, at a request without its magic number and at one that is too large', async () => {
  await using site = new Site();
  await site.start();
  const ends: readonly ((client: NbdClient) => unknown)[] = [
    (client) => client.send({ type: 2, offset: 0, length: 0 }),
    (client) => client.socket.write(Buffer.alloc(28, 1)),
    (client) => client.send({ type: 0, offset: 0, length: 0xffff_fe00 }),
  ];
  for (const end of ends) {
    using client = await NbdClient.open(site.socket);
    end(client);
    assert.equal(await client.bytes.take(1), undefined);
  }
});

test('NbdServer keeps a write with FUA through a cut that loses all the rest', async () => {
  await using site = new Site();
  const { server } = await site.start();
  using client = await NbdClient.open(site.socket);
  await client.write(0, sectors(4, 1));
  await client.write(SECTOR, sectors(1, 2), 1);
  server.cut(() => 0);
  assert.equal(await client.bytes.take(1), undefined);
  using again = await NbdClient.open(site.socket);
  const wanted = Buffer.concat([sectors(1, 0), sectors(1, 2), sectors(2, 0)]);
  assert.deepEqual((await again.read(0, 4 * SECTOR)).data, wanted);
});

type Step =
  | { readonly kind: 'write' | 'through'; readonly at: number; readonly count: number }
  | { readonly kind: 'flush' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('write' as const, 'write' as const, 'through' as const),
    at: fc.integer({ min: 0, max: 12 }),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ kind: fc.constant('flush' as const) }),
);

test('a cut leaves of every sector what was flushed last, or one of the versions written since, and nothing else', async () => {
  await using site = new Site();
  const { disk } = await site.start();
  const chance = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 });
  let serial = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), chance, (steps, chances) => {
      // What each sector may hold after a cut, the newest last.
      const allowed = Array.from({ length: 16 }, (_, at) => [disk.read(at * SECTOR, SECTOR).readUInt32LE(0)]);
      for (const one of steps) {
        if (one.kind === 'flush') {
          disk.flush();
          for (const versions of allowed) versions.splice(0, versions.length - 1);
          continue;
        }
        serial += 1;
        const content = Buffer.alloc(one.count * SECTOR);
        for (let at = 0; at < content.length; at += 4) content.writeUInt32LE(serial, at);
        if (one.kind === 'through') disk.writeThrough(one.at * SECTOR, content);
        else disk.write(one.at * SECTOR, content);
        for (const versions of allowed.slice(one.at, one.at + one.count)) {
          if (one.kind === 'through') versions.length = 0;
          versions.push(serial);
        }
      }
      for (const [at, versions] of allowed.entries())
        assert.equal(disk.read(at * SECTOR, SECTOR).readUInt32LE(0), versions.at(-1));
      let drawn = 0;
      disk.cut(() => chances[drawn++ % chances.length] ?? 0);
      for (const [at, versions] of allowed.entries()) {
        const content = disk.read(at * SECTOR, SECTOR);
        const value = content.readUInt32LE(0);
        assert.ok(versions.includes(value), `sector ${at} has ${value}, not one of ${versions.join(', ')}`);
        for (let offset = 0; offset < SECTOR; offset += 4) assert.equal(content.readUInt32LE(offset), value);
      }
    }),
  );
});
