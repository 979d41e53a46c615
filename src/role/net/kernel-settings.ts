import { KernelError } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import { readTotalMemory } from '../../io/linux/memory.ts';
import { listSysctls, readSysctl, writeSysctl } from '../../io/linux/sysctl.ts';
import type { Log } from '../../port/log.ts';
import { connectionLimit } from './connection-limit.ts';
import { OF_DEVICES, REQUIRED, type Setting, WISHED, connectionTable } from './kernel-values.ts';

/** What was said of the kernel already: a configuration is applied many times, and the kernel stays the same. */
const told = new Set<string>();

function tellOnce(text: string, tell: (text: string) => void): void {
  if (told.has(text)) return;
  told.add(text);
  tell(text);
}

/** Sets it and looks whether it stayed: some settings are rounded, bounded or silently kept. @throws KernelError */
function put([name, value]: Setting, log: Log): void {
  writeSysctl(name, value);
  const found = readSysctl(name);
  if (found !== String(value))
    tellOnce(`The kernel made ${found} of the setting ${name}, ${value} was wanted`, (text) =>
      log.warn(text),
    );
}

/** Puts what the kernel lets be put; gives back what it refused. */
function putWherePossible(settings: readonly Setting[], log: Log): readonly string[] {
  return settings.flatMap((setting) => {
    try {
      put(setting, log);
      return [];
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return [`${setting[0]} (${error.errno})`];
    }
  });
}

/**
 * Devices that were there before their default was set have their own value, and for these settings that of `all` does not take
 * its place: with it alone anybody on a wire would give the box an IPv6 address and a default route.
 */
function settingsOfDevices(): readonly Setting[] {
  return OF_DEVICES.flatMap(([folder, names]) =>
    listSysctls(folder).flatMap((device) => names.map((name): Setting => [`${folder}.${device}.${name}`, 0])),
  );
}

/** What can be asked of the kernel beyond netlink. Forwarding comes last, when the firewall is in force. */
export function applyKernelSettings({ mode }: Config, log: Log): void {
  for (const setting of REQUIRED) put(setting, log);
  const refused = putWherePossible([...WISHED, ...connectionTable(connectionLimit(readTotalMemory()))], log);
  if (refused.length > 0)
    tellOnce(`The kernel keeps its own values of ${refused.join(', ')}`, (text) => log.info(text));
  // What is refused here belongs to a device that has vanished since it was listed.
  putWherePossible(settingsOfDevices(), log);
  put(['net.ipv4.ip_forward', mode === 'lan-only' ? 0 : 1], log);
}

/**
 * Without carrier the WAN's routes count for nothing, so that what is sent there fails at once instead of waiting for an
 * answer. The WAN's device only: on the LAN it would send packets for the office out by the WAN when its cable is out.
 */
export function ignoreRoutesWithoutCarrier(device: string, log: Log): void {
  try {
    // A dot in a device name is written as a slash (sysctl(8)).
    writeSysctl(`net.ipv4.conf.${device.replaceAll('.', '/')}.ignore_routes_with_linkdown`, 1);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    log.info(`Routes over ${device} stay in use without carrier: ${error.message}`);
  }
}

/** The stop of a box that shall leave nothing behind. */
export function stopForwarding(): void {
  writeSysctl('net.ipv4.ip_forward', 0);
}
