import { formatIpv4 } from '../../base/ipv4.ts';
import { formatPrefix4 } from '../../base/prefix.ts';
import { unreachable } from '../../base/errors.ts';
import type { FirewallLine } from '../../port/gate-status.ts';
import { COUNTER } from './names.ts';
import type { FirewallOptions, FirewallService, PortForward } from './options.ts';
import { serviceCounter } from './sets.ts';

/** What the kernel has counted: by the name of a counter, and by the comment of an element that counts for itself. */
export interface FirewallCounts {
  readonly counters: readonly {
    readonly name: string;
    readonly packets: number;
    readonly bytes: number;
  }[];
  readonly elements: readonly {
    readonly comment: string | undefined;
    readonly packets: number;
    readonly bytes: number;
  }[];
}

type Count = Pick<FirewallLine, 'packets' | 'bytes'>;
const UNCOUNTED: Count = { packets: null, bytes: null };

/** What the firewall does under a configuration, line by line in its order, with what each line has counted. */
export function describeFirewall(options: FirewallOptions, counts: FirewallCounts): readonly FirewallLine[] {
  return [
    ...modeLines(options, counts),
    ...serviceLines(options, counts),
    ...forwardLines(options, counts),
    ...oneToOneLines(options, counts),
    ...exposedHostLines(options, counts),
    ...blockedLines(options, counts),
    ...switchLines(options, counts),
    ...alwaysLines(options, counts),
  ];
}

function line(source: string, text: string, count: Count = UNCOUNTED): FirewallLine {
  return { source, text, packets: count.packets, bytes: count.bytes };
}

function counter({ counters }: FirewallCounts, name: string): Count {
  const { packets, bytes } = counters.find((one) => one.name === name) ?? UNCOUNTED;
  return { packets, bytes };
}

/** The sum of all elements made for a line; a forward has one for each protocol, sender and shifted port. */
function elementsOf({ elements }: FirewallCounts, source: string): Count {
  const own = elements.filter(
    ({ comment }) => comment === source || comment?.startsWith(`${source} `) === true,
  );
  if (own.length === 0) return UNCOUNTED;
  return {
    packets: own.reduce((sum, { packets }) => sum + packets, 0),
    bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function isTranslating({ mode }: FirewallOptions): boolean {
  return mode === 'firewall' || mode === 'firewall-dmz';
}

function modeLines({ mode }: FirewallOptions, counts: FirewallCounts): FirewallLine[] {
  const out = counter(counts, COUNTER.LAN_TO_WAN);
  const back = counter(counts, COUNTER.WAN_TO_LAN);
  switch (mode) {
    case 'lan-only':
      return [line('mode', 'The box is a host on the LAN: nothing is forwarded, the WAN is not used')];
    case 'router':
      return [
        line('mode', 'The LAN reaches the WAN under its own addresses', out),
        line('mode', 'The WAN reaches the LAN, unfiltered', back),
      ];
    case 'firewall':
    case 'firewall-dmz':
      return [
        line('mode', 'The LAN reaches the Internet, by IPv4 under the address of the WAN', out),
        line('mode', 'Answers from the Internet come back, and what the lines below let in', back),
        line(
          'mode',
          'Anything else from the Internet to the LAN is dropped without an answer',
          counter(counts, COUNTER.WAN_FORWARD),
        ),
      ];
    default:
      return unreachable(mode);
  }
}

function serviceLines({ mode, publicServices }: FirewallOptions, counts: FirewallCounts): FirewallLine[] {
  if (mode === 'lan-only') return [];
  const source = 'firewall.publicServices';
  if (publicServices.length === 0) return [line(source, 'No service of the box answers on the WAN')];
  const byName = Map.groupBy(publicServices, ({ name }) => name);
  return [...byName].map(([name, services]) => {
    const [first] = services;
    const count = first === undefined ? UNCOUNTED : counter(counts, serviceCounter('wan', first));
    return line(source, `${name} answers on the WAN, ${services.map(portText).join(' and ')}`, count);
  });
}

function portText({ protocol, port }: FirewallService): string {
  return `${protocol.toUpperCase()} port ${port}`;
}

function forwardLines(options: FirewallOptions, counts: FirewallCounts): FirewallLine[] {
  return options.forwards.map((forward, index) => {
    const source = `firewall.forwards[${index}]`;
    if (!forward.enabled) return line(source, `"${forward.name}" is switched off`);
    if (!isTranslating(options)) return line(source, withoutEffect(forward.name, options));
    return line(source, forwardText(forward), elementsOf(counts, source));
  });
}

function withoutEffect(name: string, { mode }: FirewallOptions): string {
  return `"${name}" is without effect in mode "${mode}"`;
}

function forwardText({ name, protocol, port, to, toPort, from }: PortForward): string {
  const protocols = protocol === 'both' ? 'TCP and UDP' : protocol.toUpperCase();
  const last = port.last - port.first;
  const there = toPort ?? port.first;
  const ports = last === 0 ? `port ${port.first}` : `ports ${port.first} to ${port.last}`;
  const target = last === 0 ? `port ${there}` : `ports ${there} to ${there + last}`;
  const isForAll = from.length === 0 || from.some(({ length }) => length === 0);
  const senders = isForAll ? '' : `, only for ${from.map(formatPrefix4).join(', ')}`;
  return `"${name}": ${protocols} ${ports} of the WAN ${last === 0 ? 'leads' : 'lead'} to ${formatIpv4(to)}, ${target}${senders}`;
}

function oneToOneLines(options: FirewallOptions, counts: FirewallCounts): FirewallLine[] {
  return options.oneToOne.map(({ name, address, to }, index) => {
    const source = `firewall.oneToOne[${index}]`;
    if (!isTranslating(options)) return line(source, withoutEffect(name, options));
    const text = `"${name}": ${formatIpv4(address)} on the WAN is ${formatIpv4(to)}, both ways and for every protocol`;
    return line(source, text, elementsOf(counts, source));
  });
}

function exposedHostLines(options: FirewallOptions, counts: FirewallCounts): FirewallLine[] {
  const source = 'firewall.exposedHost';
  const { exposedHost } = options;
  if (exposedHost === null) return [];
  const address = formatIpv4(exposedHost);
  if (!isTranslating(options)) return [line(source, withoutEffect(address, options))];
  const text = `${address} gets everything from the Internet that nothing else claims`;
  return [line(source, text, elementsOf(counts, source))];
}

function blockedLines({ blocked }: FirewallOptions, counts: FirewallCounts): FirewallLine[] {
  const { macs } = blocked;
  if (macs.length === 0) return [];
  const devices = macs.length === 1 ? 'device has' : 'devices have';
  const text = `${macs.length} ${devices} no way beyond the LAN: ${macs.join(', ')}`;
  return [line('firewall.blockedDevices', text, counter(counts, COUNTER.BLOCKED))];
}

function switchLines(options: FirewallOptions, counts: FirewallCounts): FirewallLine[] {
  const { mode, hairpin, pingFromWan, logDropped, offload } = options;
  if (mode === 'lan-only') return [];
  const hairpins = hairpin
    ? 'LAN devices reach what is forwarded under the address of the WAN too'
    : 'LAN devices reach nothing under the address of the WAN but the box itself';
  const isPinged = pingFromWan && mode !== 'firewall-dmz';
  // What is switched off lets nothing through: a number would be that of earlier.
  const counted = (isOn: boolean, name: string): Count => (isOn ? counter(counts, name) : UNCOUNTED);
  return [
    ...(isTranslating(options)
      ? [line('firewall.hairpin', hairpins, counted(hairpin, COUNTER.HAIRPINS))]
      : []),
    line('firewall.pingFromWan', pingText(mode, pingFromWan), counted(isPinged, COUNTER.PINGS)),
    ...(logDropped
      ? [
          line(
            'firewall.logDropped',
            'Dropped packets are logged with the reason',
            counted(true, COUNTER.LOGGED),
          ),
        ]
      : []),
    ...(offload.length > 0
      ? [line('firewall.offload', 'Known connections take a short way, uncounted by device')]
      : []),
  ];
}

function pingText(mode: FirewallOptions['mode'], pingFromWan: boolean): string {
  if (mode === 'firewall-dmz') return 'Pings from the Internet are never answered in mode "firewall-dmz"';
  return pingFromWan
    ? 'Pings from the Internet are answered, up to a rate'
    : 'Pings from the Internet are not answered';
}

/** What no line of the configuration changes; `needs` is what must be there for it to come to pass. */
const ALWAYS: readonly {
  readonly counter: string;
  readonly text: string;
  readonly needs: 'nothing' | 'wan' | 'translation';
}[] = [
  {
    counter: COUNTER.INVALID,
    text: 'Packets that fit no connection are dropped',
    needs: 'nothing',
  },
  {
    counter: COUNTER.MALFORMED,
    text: 'Packets with TCP flags that no host sends are dropped',
    needs: 'wan',
  },
  {
    counter: COUNTER.SPOOFED,
    text: 'Senders that cannot be where they come from are dropped',
    needs: 'wan',
  },
  {
    counter: COUNTER.LIMITED,
    text: 'New connections beyond the limit of one sender are dropped',
    needs: 'wan',
  },
  {
    counter: COUNTER.LEAKED,
    text: 'Addresses of the LAN do not leave by the WAN untranslated',
    needs: 'translation',
  },
  {
    counter: COUNTER.WAN_INPUT,
    text: 'Anything else from the WAN to the box is dropped without an answer',
    needs: 'wan',
  },
  {
    counter: COUNTER.LAN_INPUT,
    text: 'The LAN is told at once of services that the box does not have',
    needs: 'nothing',
  },
  {
    counter: COUNTER.LAN_FORWARD,
    text: 'The LAN is told at once of what it may not reach',
    needs: 'translation',
  },
  {
    counter: COUNTER.OTHER,
    text: 'Packets of devices that are neither WAN nor LAN are dropped',
    needs: 'nothing',
  },
];

function alwaysLines(options: FirewallOptions, counts: FirewallCounts): FirewallLine[] {
  const has = {
    nothing: true,
    wan: options.mode !== 'lan-only',
    translation: isTranslating(options),
  };
  return ALWAYS.filter(({ needs }) => has[needs]).map(({ counter: name, text }) =>
    line('always', text, counter(counts, name)),
  );
}
