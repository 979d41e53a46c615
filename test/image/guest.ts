import type { Namespace } from '../lab/namespace.ts';
import type { Program } from '../lab/program.ts';

export interface GuestOptions {
  /** U-Boot for this machine, which finds the card by itself. */
  readonly firmware: string;
  /** The card: a file, or the socket of an NBD server. */
  readonly card: { readonly file: string } | { readonly socket: string };
  /** Devices of the namespace that the guest takes over, in the order of its network cards. */
  readonly devices: readonly string[];
  readonly program?: string;
}

const MEMORY_MIB = 1024;

/** What QEMU is called with: its generic arm64 machine with two cores, a disk, a watchdog that restarts it, and one network card a device. */
export function guestCommand({ firmware, card, devices, program }: GuestOptions): string[] {
  const disk =
    'file' in card
      ? `file=${card.file}`
      : `file.driver=nbd,file.server.type=unix,file.server.path=${card.socket}`;
  const cards = devices.flatMap((device, at) => [
    '-netdev',
    `tap,id=n${at},ifname=${tapOf(device)},script=no,downscript=no`,
    '-device',
    `virtio-net-pci,netdev=n${at},mac=52:54:00:00:00:${(at + 1).toString(16).padStart(2, '0')},romfile=`,
  ]);
  return [
    program ?? 'qemu-system-aarch64',
    ...'-M virt,gic-version=3 -cpu cortex-a72 -smp 2 -accel tcg,thread=multi'.split(' '),
    ...`-m ${MEMORY_MIB} -nographic -nodefaults -serial stdio -monitor none`.split(' '),
    '-bios',
    firmware,
    '-drive',
    `${disk},format=raw,if=none,id=card`,
    '-device',
    'virtio-blk-device,drive=card',
    ...cards,
    ...'-device virtio-rng-pci -device i6300esb'.split(' '),
  ];
}

/** A machine that runs an image inside a namespace of the lab. Its serial console is in the log of the program. */
export class Guest implements AsyncDisposable {
  readonly console: Program;

  private constructor(console: Program) {
    this.console = console;
  }

  /** Bridges each device to a tap of its own, and starts the machine. */
  static async start(namespace: Namespace, options: GuestOptions): Promise<Guest> {
    for (const device of options.devices) await bridgeToTap(namespace, device);
    return new Guest(namespace.start('guest', guestCommand(options)));
  }

  /** Waits for text on the console, from this start on. */
  says(pattern: RegExp, patience?: number): Promise<RegExpExecArray> {
    return this.console.line(pattern, patience);
  }

  /** The plug is pulled. */
  async kill(): Promise<void> {
    if (this.console.running) this.console.kill('SIGKILL');
    await this.console.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

function tapOf(device: string): string {
  return `${device}-tap`;
}

/** What comes to the device from its cable goes to the tap, and back; the namespace itself has no part in it. A second guest finds all of it in place. */
async function bridgeToTap(namespace: Namespace, device: string): Promise<void> {
  const [tap, bridge] = [tapOf(device), `${device}-br`];
  const { status } = await namespace.run(['ip', 'link', 'show', 'dev', tap]);
  if (status === 0) return;
  await namespace.ip('tuntap', 'add', 'dev', tap, 'mode', 'tap');
  await namespace.ip('link', 'add', bridge, 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0');
  for (const port of [device, tap]) await namespace.ip('link', 'set', 'dev', port, 'master', bridge);
  for (const one of [device, tap, bridge]) await namespace.ip('link', 'set', 'dev', one, 'up');
}
