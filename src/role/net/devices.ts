import { ConfigError, type Problem } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import type { ObservedLink } from '../../engine/links/observed.ts';
import { findDevice } from '../../engine/links/side.ts';
import { wanDeviceName } from '../../engine/links/wan-device.ts';
import { type DeviceNames, lanDevice } from './narrow.ts';

/** A name for a device that is not there, so that no rule of the firewall fits another one. */
const ABSENT = 'absent';

/** The network devices of the box, and which of them the configuration means. */
export class Devices {
  readonly #links = new Map<string, ObservedLink>();

  get all(): readonly ObservedLink[] {
    return [...this.#links.values()];
  }

  /** What is known of a device; undefined when it is gone. */
  set(name: string, link: ObservedLink | undefined): void {
    if (link === undefined) this.#links.delete(name);
    else this.#links.set(name, link);
  }

  /** A device as configured, by name or by `mac:`. */
  find(configured: string): ObservedLink | undefined {
    return findDevice([...this.#links.values()], configured);
  }

  ofIndex(index: number): ObservedLink | undefined {
    return [...this.#links.values()].find((link) => link.index === index);
  }

  /** The interface names of both sides. */
  names(config: Config): DeviceNames {
    const nameOf = (device: string): string =>
      this.find(device)?.name ?? (device.startsWith('mac:') ? ABSENT : device);
    const wan = nameOf(config.wan.device);
    const { vlan } = config.wan;
    return {
      wan: wanDeviceName(wan, vlan ?? undefined),
      lan: lanDevice(config, nameOf),
      ports: [config.wan.device, ...config.lan.devices].flatMap((device) => this.find(device)?.name ?? []),
    };
  }

  /**
   * Refuses a configuration that names a device which is not there and was not named before: a device that was is unplugged, and
   * waited for. @throws ConfigError with the devices there are
   */
  requireNewOnes(config: Config, before: Config): void {
    const known = new Set(namedDevices(before).map(({ device }) => device));
    const unknown = namedDevices(config).filter(
      ({ device }) => !known.has(device) && this.find(device) === undefined,
    );
    if (unknown.length > 0) throw new ConfigError(unknown.map((one) => this.#problemOf(one)));
  }

  #problemOf({ path, device }: NamedDevice): Problem {
    const there = [...this.#links.values()].filter(({ loopback, kind }) => !loopback && kind !== 'bridge');
    const names = there.map((link) => `${link.name} (mac:${link.permanentMac ?? link.mac ?? '-'})`);
    return {
      path,
      found: JSON.stringify(device),
      wanted: names.length === 0 ? 'a device of the box, which has none now' : `one of ${names.join(', ')}`,
    };
  }
}

interface NamedDevice {
  readonly path: string;
  readonly device: string;
}

function namedDevices({ mode, wan, lan }: Config): NamedDevice[] {
  const ofLan = lan.devices.map((device, index) => ({ path: `lan.devices[${index}]`, device }));
  return mode === 'lan-only' ? ofLan : [{ path: 'wan.device', device: wan.device }, ...ofLan];
}

/** Whether packets can go through it now. */
export function isUsable(link: ObservedLink | undefined): boolean {
  return link !== undefined && link.up && link.carrier;
}
