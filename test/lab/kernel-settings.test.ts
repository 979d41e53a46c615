import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../src/config/load.ts';
import { readTotalMemory } from '../../src/io/linux/memory.ts';
import { connectionLimit } from '../../src/role/net/connection-limit.ts';
import { applyKernelSettings } from '../../src/role/net/kernel-settings.ts';
import { OF_DEVICES, REQUIRED, WISHED } from '../../src/role/net/kernel-values.ts';
import { MemoryLog } from '../fake/memory-log.ts';
import { run } from './firewall-site.ts';
import { inOwnNetwork } from './own-network.ts';

const valueOf = (name: string): string => run('sysctl', '-n', name).trim();

inOwnNetwork(import.meta.filename, () => {
  const log = new MemoryLog();

  test('applyKernelSettings() sets what is required, and what is wished unless the kernel refuses it', () => {
    run('ip', 'link', 'add', 'early.0', 'type', 'veth', 'peer', 'name', 'early1');
    applyKernelSettings(readConfig({ version: 1 }), log);
    for (const [name, value] of REQUIRED) assert.equal(valueOf(name), String(value), name);
    const refused = log.text;
    for (const [name, value] of WISHED)
      if (!refused.includes(`${name} (`)) assert.equal(valueOf(name), String(value), name);
    assert.equal(valueOf('net.ipv4.ip_forward'), '1');
  });

  test('applyKernelSettings() turns redirects and router advertisements off for devices that were there before, with a dot in the name too', () => {
    for (const [folder, names] of OF_DEVICES)
      for (const device of ['early/0', 'early1'])
        for (const name of names) assert.equal(valueOf(`${folder}.${device}.${name}`), '0', name);
  });

  test('applyKernelSettings() sizes the table of connections, or says that the kernel does not let it', () => {
    const limit = String(connectionLimit(readTotalMemory()));
    const name = 'net.netfilter.nf_conntrack_max';
    assert.ok(valueOf(name) === limit || log.text.includes(`${name} (E`), log.text);
  });

  test('applyKernelSettings() says once in the life of the program what the kernel refuses', () => {
    const before = log.entries.length;
    assert.ok(before <= 1, log.text);
    applyKernelSettings(readConfig({ version: 1, mode: 'lan-only' }), log);
    assert.equal(log.entries.length, before);
    assert.equal(valueOf('net.ipv4.ip_forward'), '0');
  });

  test('readTotalMemory() agrees with the reference tool', () => {
    assert.equal(String(readTotalMemory()), run('free', '-b').split('\n')[1]?.split(/\s+/)[1]);
  });
});
