import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeModules, readModuleIndex } from '../../../build/image/module-closure.ts';
import { UserError } from '../../../src/base/errors.ts';

const INDEX = readModuleIndex({
  dep: [
    'kernel/fs/ext4/ext4.ko.xz: kernel/fs/jbd2/jbd2.ko.xz kernel/fs/mbcache.ko.xz',
    'kernel/fs/jbd2/jbd2.ko.xz:',
    'kernel/fs/mbcache.ko.xz:',
    'kernel/crypto/crc32c_generic.ko.xz:',
    'kernel/net/netfilter/nf_tables.ko.xz: kernel/net/netfilter/nfnetlink.ko.xz',
    'kernel/net/netfilter/nfnetlink.ko.xz:',
    'kernel/net/netfilter/ipset/ip_set.ko.xz:',
    'kernel/net/netfilterother/other.ko.xz:',
    'kernel/drivers/usb/host/xhci-pci.ko.xz:',
  ].join('\n'),
  builtin: 'kernel/drivers/mmc/core/mmc_core.ko\n',
  softdep: '# Soft dependencies\nsoftdep ext4 pre: crypto-crc32c post: mbcache\n',
  alias: '# Aliases\nalias crypto-crc32c crc32c_generic\nalias pci:v*d* xhci_pci\n',
});

const names = (paths: readonly string[]): string[] =>
  paths.map((path) => path.replace(/.*\//, '').replace('.ko.xz', ''));

test('closeModules() takes a module with what it needs and what it asks for softly, by alias too', () => {
  const paths = closeModules([{ name: 'ext4', reason: 'data' }], INDEX);
  assert.deepEqual(names(paths).toSorted(), ['crc32c_generic', 'ext4', 'jbd2', 'mbcache']);
});

test('closeModules() takes what a glob names, and none of the folders below it', () => {
  const paths = closeModules([{ files: 'kernel/net/netfilter/nf*', reason: 'by alias' }], INDEX);
  assert.deepEqual(names(paths).toSorted(), ['nf_tables', 'nfnetlink']);
});

test('closeModules() takes "-" and "_" in names for the same, as modprobe does', () => {
  assert.deepEqual(names(closeModules([{ name: 'xhci_pci', reason: '' }], INDEX)), ['xhci-pci']);
  assert.deepEqual(names(closeModules([{ name: 'xhci-pci', reason: '' }], INDEX)), ['xhci-pci']);
});

test('closeModules() needs no file for what is part of the kernel', () => {
  assert.deepEqual(closeModules([{ name: 'mmc-core', reason: '' }], INDEX), []);
});

test('closeModules() names a module and files that the kernel does not have, and the reason it was wanted for', () => {
  assert.throws(
    () => closeModules([{ name: 'genet', reason: 'Ethernet' }], INDEX),
    (error) => error instanceof UserError && /"genet".*"Ethernet"/.test(error.message),
  );
  assert.throws(() => closeModules([{ files: 'kernel/sound/*', reason: '' }], INDEX), UserError);
});
