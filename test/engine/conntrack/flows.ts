import { parseAddress } from '../../../src/base/address.ts';
import type { Flow, FlowEnd } from '../../../src/engine/conntrack/flow.ts';
import { IPS } from '../../../src/wire/conntrack/constants.ts';

/** `192.0.2.1:53`, `[2001:db8::1]:53` or an address alone. */
export function end(text: string): FlowEnd {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? text;
  return { address: parseAddress(address), port: match === null ? undefined : Number(match[3]) };
}

/** A TCP connection; answers take the way back unless they are given. */
export function flow(source: string, destination: string, reply: readonly string[] = []): Flow {
  const [replySource = destination, replyDestination = source] = reply;
  const isMasked = end(replyDestination).address !== end(source).address;
  return {
    id: 7,
    zone: undefined,
    protocol: 6,
    icmp: undefined,
    source: end(source),
    destination: end(destination),
    replySource: end(replySource),
    replyDestination: end(replyDestination),
    status: isMasked ? IPS.SRC_NAT : 0,
    state: 'ESTABLISHED',
    timeoutSeconds: 7440,
    sent: { packets: 4, bytes: 222 },
    received: { packets: 3, bytes: 167 },
  };
}

export const MASKED = flow('192.168.77.20:5000', '198.51.100.1:443', [
  '198.51.100.1:443',
  '203.0.113.50:5000',
]);
export const FORWARDED = flow('198.51.100.9:4000', '203.0.113.50:8443', [
  '192.168.77.20:443',
  '198.51.100.9:4000',
]);
export const SIX = flow('[2001:db8:77::20]:5000', '[2001:db8:3::1]:80');
