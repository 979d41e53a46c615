import type { Problem } from '../../base/errors.ts';
import { type Ipv4, isUnicast4 } from '../../base/ipv4.ts';
import { type Prefix4, contains4, formatPrefix4, isHost4 } from '../../base/prefix.ts';
import type { Config } from '../schema.ts';
import { type Finder, quoted } from './finder.ts';

/** Whether another host can have it: the kernel takes neither an own nor a broadcast address for a router. */
function isNeighbour(own: Prefix4, gateway: Ipv4): boolean {
  return gateway !== own.address && isHost4(own, gateway);
}

/** A provider that gives one address alone has its router outside of it, and on the link all the same. */
function isWayOut(own: Prefix4, gateway: Ipv4): boolean {
  return isNeighbour(own, gateway) || (own.length === 32 && gateway !== own.address && isUnicast4(gateway));
}

/** Whether one host can have it, on this link and anywhere. */
function isHostsAddress(own: Prefix4): boolean {
  return isUnicast4(own.address) && isHost4(own, own.address);
}

function noHost(path: string, own: Prefix4): Problem {
  const wanted = isUnicast4(own.address)
    ? 'the address of a host, neither the first nor the last of its prefix'
    : 'an address that one host can have, from 1.0.0.0 to 223.255.255.255 and not of 127.0.0.0/8';
  return { path, found: `"${formatPrefix4(own)}"`, wanted };
}

function wanAddressProblems({ lan, wan }: Config): Problem[] {
  if (wan.ipv4.method !== 'static') return [];
  const { address, gateway } = wan.ipv4;
  const problems: Problem[] = [];
  if (contains4(lan.address, address.address) || contains4(address, lan.address.address)) {
    problems.push({
      path: 'wan.ipv4.address',
      found: `"${formatPrefix4(address)}"`,
      wanted: `an address outside the LAN, ${formatPrefix4(lan.address)}`,
    });
  }
  if (!isHostsAddress(address)) problems.push(noHost('wan.ipv4.address', address));
  if (gateway !== null && !isWayOut(address, gateway)) {
    const place = address.length === 32 ? 'anywhere' : `within ${formatPrefix4(address)}`;
    const wanted = `a host ${place} other than the box`;
    problems.push({ path: 'wan.ipv4.gateway', found: quoted(gateway), wanted });
  }
  return problems;
}

function lanAddressProblems({ lan, mode }: Config): Problem[] {
  const found = `"${formatPrefix4(lan.address)}"`;
  if (lan.address.length < 8 || lan.address.length > 30)
    return [{ path: 'lan.address', found, wanted: 'a prefix length from 8 to 30' }];
  if (!isHostsAddress(lan.address)) return [noHost('lan.address', lan.address)];
  if (mode === 'lan-only' && lan.gateway !== null && !isNeighbour(lan.address, lan.gateway)) {
    return [
      {
        path: 'lan.gateway',
        found: quoted(lan.gateway),
        wanted: `a host within ${formatPrefix4(lan.address)} other than the box`,
      },
    ];
  }
  return [];
}

function deviceProblems({ lan, wan }: Config): Problem[] {
  const problems: Problem[] = [];
  if (lan.devices.includes(wan.device))
    problems.push({
      path: 'lan.devices',
      found: `"${wan.device}"`,
      wanted: 'devices other than that of the WAN',
    });
  if (new Set(lan.devices).size !== lan.devices.length)
    problems.push({ path: 'lan.devices', found: 'a device named twice', wanted: 'each device once' });
  return problems;
}

export const NETWORK_FINDERS: readonly Finder[] = [
  { parts: ['lan', 'mode'], find: lanAddressProblems },
  { parts: ['lan', 'wan'], find: deviceProblems },
  { parts: ['lan', 'wan'], find: wanAddressProblems },
];
