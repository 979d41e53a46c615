import { chmodSync, chownSync, readFileSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { messageOf } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { makeDirectories } from '../io/node/make-directories.ts';
import { ROLE_IDS, type RunSettings } from './settings.ts';

/** Something the box needs is not there: exit code 4. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

function presentDevices(): readonly { readonly name: string; readonly mac: string }[] {
  return readdirSync('/sys/class/net').flatMap((name) => {
    try {
      return [{ name, mac: readFileSync(`/sys/class/net/${name}/address`, 'utf8').trim() }];
    } catch {
      // Unplugged since it was listed, or no device at all (bonding_masters).
      return [];
    }
  });
}

function requireDevices({ wan, lan }: Config): void {
  const present = presentDevices();
  for (const [key, wanted] of [
    ['wan.device', wan.device] as const,
    ...lan.devices.map((device) => ['lan.devices', device] as const),
  ]) {
    const found = present.some(({ name, mac }) =>
      wanted.startsWith('mac:') ? mac === wanted.slice(4).toLowerCase() : name === wanted,
    );
    if (!found) {
      const names = present
        .map(({ name, mac }) => (name === 'lo' ? '' : `${name} (mac:${mac})`))
        .filter((text) => text !== '');
      throw new StartError(
        `Cannot start: the device "${wanted}" of ${key} is not there; present are ${names.join(', ') || 'none'}`,
      );
    }
  }
}

function makeDirectory(
  path: string,
  mode: number,
  owner: { readonly uid: number; readonly gid: number },
): void {
  try {
    makeDirectories(path, 0o755);
    chownSync(path, owner.uid, owner.gid);
    chmodSync(path, mode);
  } catch (error) {
    throw new StartError(`Cannot start: the directory "${path}" cannot be made (${messageOf(error)})`);
  }
}

const ROOT = { uid: 0, gid: 0 } as const;

/**
 * What needs the power to change owners, done once before that power is given up: every role gets a directory
 * of its own, and the control socket's directory hands its group to the socket (set-group-id).
 */
export function prepareDirectories({ data, run }: RunSettings): void {
  // Readable by all roles: who makes sure that a directory entry is on the disk has to open its directory.
  makeDirectory(data, 0o755, ROOT);
  for (const name of ['config', 'state', 'tls']) makeDirectory(`${data}/${name}`, 0o700, ROOT);
  makeDirectory(`${data}/mail`, 0o700, ROLE_IDS.post);
  makeDirectory(run, 0o2750, { uid: 0, gid: ROLE_IDS.web.gid });
}

/** @throws StartError */
export function requireRoot(): void {
  if (process.getuid?.() !== 0)
    throw new StartError(`Cannot start as user ${process.getuid?.()}: root is needed for the network`);
}

/** @throws StartError naming what is missing */
export function requireWhatItTakes(config: Config): void {
  requireRoot();
  requireDevices(config);
}
