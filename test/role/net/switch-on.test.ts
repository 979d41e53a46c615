import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelError } from '../../../src/base/errors.ts';
import { encodeChange } from '../../../src/engine/links/encode-change.ts';
import type { KernelRequest } from '../../../src/port/netlink-session.ts';
import { switchOn } from '../../../src/role/net/switch-on.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { observedLink } from '../../fake/observed-link.ts';

const on = (index: number, device: string): KernelRequest =>
  encodeChange({ kind: 'set-up', device, index, up: true });

test('switchOn() switches on what is off, and says of a broken device that it cannot be while the others are', async () => {
  const [log, heard] = [new MemoryLog(), [] as KernelRequest[]];
  const transaction = async (requests: readonly KernelRequest[]): Promise<void> => {
    heard.push(...requests);
    if (heard.length === 1) throw new KernelError('switch eth0 on', 'ETIMEDOUT');
  };
  const links = [
    observedLink(1, 'eth0', { up: false }),
    observedLink(2, 'eth1', { up: false }),
    observedLink(3, 'eth2'),
  ];
  await switchOn(links, { route: { transaction }, log });
  assert.deepEqual(heard, [on(1, 'eth0'), on(2, 'eth1')]);
  assert.match(log.text, /^Cannot switch eth0 on: .*ETIMEDOUT/);
});
