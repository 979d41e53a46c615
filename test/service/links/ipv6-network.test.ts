import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv6 } from '../../../src/base/ipv6.ts';
import type { KernelMessage, KernelRequest, NetlinkSession } from '../../../src/port/netlink-session.ts';
import { readIpv6Network } from '../../../src/service/links/ipv6-network.ts';

const [NEWADDR, GETADDR, NEWROUTE] = [20, 22, 24];
const [INET, INET6] = [2, 10];
const [MAIN, LOCAL_TABLE] = [254, 255];
const [UNICAST, LOCAL] = [1, 2];

/** Hexadecimal digits of a whole IPv6 address. */
const bytes = (hex: string): number[] => [...Buffer.from(hex.padEnd(32, '0'), 'hex')];
const attribute = (type: number, value: readonly number[]): number[] => [
  4 + value.length,
  0,
  type,
  0,
  ...value,
];

/** struct ifaddrmsg, and IFA_ADDRESS. */
function address(family: number, length: number, device: number, value: readonly number[]): KernelMessage {
  const payload = Uint8Array.from([family, length, 0, 0, device, 0, 0, 0, ...attribute(1, value)]);
  return { type: NEWADDR, flags: 0, payload };
}

/** struct rtmsg to everywhere, with RTA_OIF, and RTA_GATEWAY where there is one. */
function route(table: number, type: number, gateway?: readonly number[]): KernelMessage {
  const header = [INET6, 0, 0, 0, table, 2, 0, type, 0, 0, 0, 0];
  const way = gateway === undefined ? [] : attribute(5, gateway);
  return {
    type: NEWROUTE,
    flags: 0,
    payload: Uint8Array.from([...header, ...attribute(4, [2, 0, 0, 0]), ...way]),
  };
}

function kernelWith(messages: readonly KernelMessage[]): { session: NetlinkSession; asked: KernelRequest[] } {
  const asked: KernelRequest[] = [];
  const session: NetlinkSession = {
    request: (request) => {
      asked.push(request);
      const wanted = request.type === GETADDR ? NEWADDR : NEWROUTE;
      return Promise.resolve(messages.filter(({ type }) => type === wanted));
    },
    transaction: () => Promise.reject(new Error('nothing is to be changed')),
    join: () => {},
    listen: () => ({ cancel: () => {} }),
    close: () => {},
  };
  return { session, asked };
}

test('readIpv6Network() gives the IPv6 addresses of devices, and the routes of the main table that lead to a router', async () => {
  const gateway = bytes('20010db8000300000000000000000001');
  const { session, asked } = kernelWith([
    address(INET6, 64, 3, bytes('20010db8007700000000000000000001')),
    route(MAIN, UNICAST, gateway),
    route(MAIN, UNICAST),
    route(LOCAL_TABLE, LOCAL, gateway),
  ]);
  assert.deepEqual(await readIpv6Network(session), {
    addresses: [{ index: 3, address: parseIpv6('2001:db8:77::1'), length: 64 }],
    routes: [{ index: 2, destination: parseIpv6('::'), length: 0, gateway: parseIpv6('2001:db8:3::1') }],
  });
  assert.deepEqual(
    asked.map(({ payload }) => payload[0]),
    [INET6, INET6],
  );
});

test('readIpv6Network() takes nothing from a kernel without IPv6, which answers with its other families', async () => {
  const { session } = kernelWith([address(INET, 24, 2, [203, 0, 113, 50])]);
  assert.deepEqual(await readIpv6Network(session), { addresses: [], routes: [] });
});
