import type { Config } from '../../config/schema.ts';
import type { ObservedLink } from '../../engine/links/observed.ts';
import { type DeviceNames, lanDevice } from './narrow.ts';

/** A name for a device that is not there, so that no rule of the firewall fits another one. */
const ABSENT = 'absent';

/** The network devices of the box, and which of them the configuration means. */
export class Devices {
  readonly #links = new Map<string, ObservedLink>();

  /** What is known of a device; undefined when it is gone. */
  set(name: string, link: ObservedLink | undefined): void {
    if (link === undefined) this.#links.delete(name);
    else this.#links.set(name, link);
  }

  /** A device as configured, by name or by `mac:`. */
  find(configured: string): ObservedLink | undefined {
    if (!configured.startsWith('mac:')) return this.#links.get(configured);
    const mac = configured.slice(4).toLowerCase();
    return [...this.#links.values()].find(
      (link) => (link.permanentMac ?? link.mac) === mac && link.kind !== 'bridge',
    );
  }

  /** The interface names of both sides. */
  names(config: Config): DeviceNames {
    const nameOf = (device: string): string =>
      this.find(device)?.name ?? (device.startsWith('mac:') ? ABSENT : device);
    const wan = nameOf(config.wan.device);
    return { wan, lan: lanDevice(config, nameOf), ports: [wan, ...config.lan.devices.map(nameOf)] };
  }

  /** Those that are there, for an owner who named one that is not. */
  get all(): readonly ObservedLink[] {
    return [...this.#links.values()];
  }
}

/** Whether packets can go through it now. */
export function isUsable(link: ObservedLink | undefined): boolean {
  return link !== undefined && link.up && link.carrier;
}
