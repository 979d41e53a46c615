import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { KernelError, UserError } from '../../src/base/errors.ts';
import { readSysctl, writeSysctl } from '../../src/io/linux/sysctl.ts';
import { inOwnNetwork } from './own-network.ts';

inOwnNetwork(import.meta.filename, () => {
  test('writeSysctl() writes only what differs', () => {
    const name = 'net.ipv4.ip_unprivileged_port_start';
    assert.equal(readSysctl(name), '1024');
    assert.equal(writeSysctl(name, 25), true);
    assert.equal(readSysctl(name), '25');
    assert.equal(writeSysctl(name, '25'), false);
  });

  test('readSysctl() gives several values with one blank between them', () => {
    assert.match(readSysctl('net.ipv4.ip_local_port_range'), /^\d+ \d+$/);
  });

  test('readSysctl() takes a slash for the dot in a device name', () => {
    execFileSync('ip', ['link', 'add', 'v.5', 'type', 'veth', 'peer', 'name', 'w.5']);
    assert.equal(writeSysctl('net.ipv4.conf.v/5.forwarding', 1), true);
    assert.equal(
      execFileSync('cat', ['/proc/sys/net/ipv4/conf/v.5/forwarding'], { encoding: 'utf8' }),
      '1\n',
    );
  });

  test('writeSysctl() names the setting and the value the kernel does not take', () => {
    const name = 'net.ipv4.ip_unprivileged_port_start';
    assert.throws(
      () => writeSysctl(name, 'many'),
      (error) =>
        error instanceof KernelError && error.errno === 'EINVAL' && error.message.includes(`${name} to many`),
    );
    assert.throws(
      () => readSysctl('net.ipv4.no_such_thing'),
      (error) => error instanceof KernelError && error.errno === 'ENOENT',
    );
  });

  test('readSysctl() refuses a name that leaves /proc/sys', () => {
    for (const name of ['net.//.//.//etc', '/etc/passwd', 'net', 'net.../x']) {
      assert.throws(() => readSysctl(name), UserError, name);
    }
  });
});
