import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseIpv6 } from '../../../src/base/ipv6.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { parsePrefix4, tryParsePrefix6 } from '../../../src/base/prefix.ts';
import type { Prefix6 } from '../../../src/base/prefix.ts';
import { compileRuleset } from '../../../src/engine/firewall/compile.ts';
import type { Surroundings } from '../../../src/engine/firewall/evaluate/surroundings.ts';
import type { ExplainFacts } from '../../../src/engine/firewall/explain-ends.ts';
import type { FirewallOptions } from '../../../src/engine/firewall/options.ts';
import { OFFICE } from './options.ts';

function prefix6(text: string): Prefix6 {
  const prefix = tryParsePrefix6(text);
  if (prefix === undefined) throw new TypeError(`Cannot read ${text}`);
  return prefix;
}

/** Where the box of {@link OFFICE} stands: 203.0.113.50 on the WAN, 192.168.77.1 on the LAN. */
export const SURROUNDINGS: Surroundings = {
  devices: [
    { name: 'lan0', addresses: [parsePrefix4('192.168.77.1/24'), prefix6('2001:db8:77::1/64')] },
    { name: 'wan0', addresses: [parsePrefix4('203.0.113.50/24'), prefix6('2001:db8:3::50/64')] },
  ],
  routes: [
    { destination: parsePrefix4('0.0.0.0/0'), device: 'wan0', gateway: parseIpv4('203.0.113.1') },
    { destination: prefix6('::/0'), device: 'wan0', gateway: parseIpv6('2001:db8:3::1') },
  ],
};

/** A LAN with a camera and a printer that has an address of either family. */
export function factsWith(changes: Partial<FirewallOptions> = {}): ExplainFacts {
  const options = { ...OFFICE, ...changes };
  const printer = { name: 'printer', mac: parseMac('02:00:00:00:00:30') };
  return {
    options,
    ruleset: compileRuleset(options),
    surroundings: SURROUNDINGS,
    devices: [
      { name: 'camera', address: parseIpv4('192.168.77.20'), mac: parseMac('02:00:00:00:00:20') },
      { ...printer, address: parseIpv4('192.168.77.30') },
      { ...printer, address: parseIpv6('2001:db8:77::30') },
    ],
  };
}
