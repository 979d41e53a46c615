import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { PacketSteering } from '../../src/role/net/packet-steering.ts';
import { MemoryLog } from '../fake/memory-log.ts';
import { run } from './firewall-site.ts';
import { inOwnNetwork } from './own-network.ts';

const maskFile = (device: string, queue = 0): string =>
  `/sys/class/net/${device}/queues/rx-${queue}/rps_cpus`;
const maskOf = (device: string, queue?: number): number =>
  Number.parseInt(readFileSync(maskFile(device, queue), 'latin1').replaceAll(',', ''), 16);

inOwnNetwork(import.meta.filename, () => {
  const log = new MemoryLog();
  const plug = (device: string, queues: number): string =>
    run(
      'ip',
      'link',
      'add',
      device,
      'numrxqueues',
      String(queues),
      'type',
      'veth',
      'peer',
      'name',
      `${device}x`,
    );

  test('a port with one queue is worked on by all processors, one with a queue for each is left alone', () => {
    plug('wan0', 1);
    plug('lan0', 2);
    new PacketSteering(2, log).follow(['wan0', 'lan0']);
    assert.equal(maskOf('wan0'), 3);
    assert.equal(maskOf('lan0'), 0);
    assert.equal(log.text, '');
  });

  test('a port that comes back is steered again, one that stayed keeps what it has', () => {
    const steering = new PacketSteering(2, log);
    steering.follow(['wan0']);
    writeFileSync(maskFile('wan0'), '1');
    steering.follow(['wan0']);
    assert.equal(maskOf('wan0'), 1);
    run('ip', 'link', 'del', 'wan0');
    steering.follow([]);
    plug('wan0', 1);
    steering.follow(['wan0']);
    assert.equal(maskOf('wan0'), 3);
  });

  test('a board with one processor, and a port that has gone, are no reason to complain or to stop', () => {
    new PacketSteering(1, log).follow(['gone0']);
    assert.equal(log.text, '');
    new PacketSteering(2, log).follow(['gone0']);
    assert.match(log.text, /spread the packets of gone0 over 2 processors/);
  });
});
