import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelError } from '../../../src/base/errors.ts';
import type { PacketPort, PacketSocket } from '../../../src/port/packet.ts';
import { DhcpTransport } from '../../../src/service/wan/dhcp-transport.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { BOX_MAC, Provider } from './provider.ts';

test('DhcpTransport.open() that was overtaken by another is no failure, though it found no device', async () => {
  const openings: PromiseWithResolvers<PacketSocket>[] = [];
  const packets: PacketPort = {
    open: () => {
      const opening = Promise.withResolvers<PacketSocket>();
      openings.push(opening);
      return opening.promise;
    },
  };
  const ports = { packets, udp: new Provider().udp, clock: new FakeClock(), log: new MemoryLog() };
  const transport = new DhcpTransport('wan0', ports, () => {});
  const [overtaken, last] = [transport.open(), transport.open()];
  openings[0]?.reject(new KernelError('open a packet socket on wan0', 'ENODEV'));
  openings[1]?.resolve({ mac: BOX_MAC, send: () => {}, thin: () => {}, close: () => {} });
  assert.deepEqual([await overtaken, await last], [false, true]);
});
