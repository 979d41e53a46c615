import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { test } from 'node:test';
import { Lab } from '../lab/lab.ts';
import { Guest, guestCommand } from './guest.ts';

const OPTIONS = { firmware: '/u-boot.bin', card: { file: '/card.img' }, devices: ['wan0', 'lan0'] };

test('guestCommand() gives a guest its card from a file or from an NBD server, and a network card for each device', () => {
  const file = guestCommand(OPTIONS).join(' ');
  assert.match(file, /^qemu-system-aarch64 -M virt\b/);
  assert.match(file, / -bios \/u-boot\.bin -drive file=\/card\.img,format=raw,if=none,id=card /);
  assert.match(
    file,
    /ifname=wan0-tap,.*netdev=n0,mac=52:54:00:00:00:01.*ifname=lan0-tap,.*netdev=n1,mac=52:54:00:00:00:02/,
  );
  const served = guestCommand({ ...OPTIONS, card: { socket: '/card.sock' } }).join(' ');
  assert.match(
    served,
    / -drive file\.driver=nbd,file\.server\.type=unix,file\.server\.path=\/card\.sock,format=raw,/,
  );
});

// A script in place of the machine: it says what a guest would, and sees the devices that a guest would be given.
const STAND_IN = `#!/bin/sh
echo "U-Boot 2025.01"
ip -o link show master wan0-br
ip -o link show master lan0-br
echo "gatepost ready"
exec sleep 1000
`;

const skip = process.getuid?.() !== 0 && 'network namespaces need root';

test(
  'Guest bridges the devices of its namespace to taps, waits for its console, and ends when it is killed',
  { skip },
  async () => {
    await using lab = new Lab();
    const namespace = await lab.namespace('box');
    const outside = await lab.namespace('outside');
    for (const device of OPTIONS.devices)
      await lab.cable({ namespace, device }, { namespace: outside, device });
    const program = namespace.file('machine.sh');
    writeFileSync(program, STAND_IN, { mode: 0o755 });
    await using guest = await Guest.start(namespace, { ...OPTIONS, program });
    await guest.says(/gatepost ready/);
    for (const device of ['wan0', 'wan0-tap', 'lan0', 'lan0-tap'])
      assert.match(guest.console.log.text(), new RegExp(`^\\d+: ${device}[@:]`, 'm'));
    const { pid } = guest.console;
    await guest.kill();
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    // The machine may be started again in the same place, as after a power cut.
    await using again = await Guest.start(namespace, { ...OPTIONS, program });
    await again.says(/gatepost ready/);
  },
);

test(
  'Guest says so at once when its machine ends before it has said what is waited for',
  { skip },
  async () => {
    await using lab = new Lab();
    const namespace = await lab.namespace('box');
    const program = namespace.file('machine.sh');
    writeFileSync(program, '#!/bin/sh\necho "no firmware"\nexit 1\n', { mode: 0o755 });
    await using guest = await Guest.start(namespace, { ...OPTIONS, devices: [], program });
    await assert.rejects(guest.says(/gatepost ready/), /the program ended\nno firmware/);
  },
);
