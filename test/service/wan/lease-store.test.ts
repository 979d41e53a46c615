import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Seconds } from '../../../src/base/duration.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { fromUtf8 } from '../../../src/base/text.ts';
import { type Binding, encodeBinding } from '../../../src/engine/dhcp4-client/binding.ts';
import {
  LeaseStore,
  WAN_LEASE_FILE,
  WRITES_AT_ONCE,
  WRITE_INTERVAL,
} from '../../../src/service/wan/lease-store.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

/** Files that count what is written to them. */
class CountingFiles extends MemoryFiles {
  writes = 0;

  override replace(path: string, content: Uint8Array): Promise<void> {
    this.writes++;
    return super.replace(path, content);
  }

  override remove(path: string): Promise<void> {
    this.writes++;
    return super.remove(path);
  }
}

/** A binding whose name servers are in the order of this number. */
function bindingOf(number: number): Binding {
  return {
    address: parsePrefix4('203.0.113.50/24'),
    server: parseIpv4('203.0.113.1'),
    gateway: parseIpv4('203.0.113.1'),
    routes: [],
    dnsServers: [parseIpv4(`192.0.2.${number % 200}`)],
    domain: undefined,
    searchDomains: [],
    timeServers: [],
    leaseTime: Seconds(10),
  };
}

function setUp() {
  const [files, clock] = [new CountingFiles(), new FakeClock()];
  const store = new LeaseStore({ files, clock, log: new MemoryLog() }, () => {});
  const stored = (): string => fromUtf8(files.names.durable.get(WAN_LEASE_FILE)?.durable ?? new Uint8Array());
  return { files, clock, store, stored };
}

test('LeaseStore writes a provider that names its servers in another order every 5 s a few times at once, then once an hour', async () => {
  const { files, clock, store, stored } = setUp();
  const times = (24 * Number(Hours(1))) / Number(Seconds(5));
  for (let number = 0; number < times; number++) {
    store.save(bindingOf(number));
    await clock.advance(Seconds(5));
  }
  assert.ok(files.writes >= 24 && files.writes <= WRITES_AT_ONCE + 25, String(files.writes));
  await store.settled();
  assert.equal(stored(), encodeBinding(bindingOf(times - 1)));
});

test('LeaseStore writes the last of what waited when its hour has come, and nothing if that is there already', async () => {
  const { files, clock, store, stored } = setUp();
  for (let number = 1; number <= WRITES_AT_ONCE + 3; number++) store.save(bindingOf(number));
  await clock.settle();
  assert.equal(stored(), encodeBinding(bindingOf(WRITES_AT_ONCE)));
  await clock.advance(WRITE_INTERVAL);
  assert.equal(stored(), encodeBinding(bindingOf(WRITES_AT_ONCE + 3)));
  assert.equal(files.writes, WRITES_AT_ONCE + 1);
  store.save(bindingOf(1));
  store.save(bindingOf(WRITES_AT_ONCE + 3));
  await clock.advance(Hours(3));
  assert.deepEqual([files.writes, clock.pending], [WRITES_AT_ONCE + 1, 0]);
});

test('LeaseStore forgets under the same rule: a server that refuses what it granted writes as little', async () => {
  const { files, clock, store } = setUp();
  for (let round = 0; round < 500; round++) {
    store.save(bindingOf(1));
    store.forget();
    await clock.advance(Seconds(10));
  }
  assert.ok(files.writes <= WRITES_AT_ONCE + 2, String(files.writes));
  await store.settled();
  assert.equal(files.names.current.has(WAN_LEASE_FILE), false);
});

test('LeaseStore writes nothing for a binding that the file of an earlier run has', async () => {
  const { files, clock, store } = setUp();
  store.save(bindingOf(1));
  await store.settled();
  const later = new LeaseStore({ files, clock, log: new MemoryLog() }, () => {});
  assert.deepEqual(await later.load(), bindingOf(1));
  later.save(bindingOf(1));
  await later.settled();
  assert.equal(files.writes, 1);
});
