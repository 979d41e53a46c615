import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from '../../../src/base/text.ts';
import { FORMAT_REQUEST, wantFormat } from '../../../src/service/reset/want-format.ts';
import { MemoryDevices } from '../../fake/memory-devices.ts';

test('wantFormat() writes its words in the first sector and touches nothing else, the superblock of ext4 at 1024 least of all', async () => {
  const devices = new MemoryDevices({ data: 4096 });
  devices.put('data', 0, new Uint8Array(4096).fill(7));
  await wantFormat('data', devices);
  const content = devices.content('data');
  assert.equal(fromLatin1(content.subarray(0, FORMAT_REQUEST.length)), 'GATEPOST FORMAT\n');
  assert.ok(content.subarray(512).every((octet) => octet === 7));
});
