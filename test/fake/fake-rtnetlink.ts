import type { Ipv4 } from '../../src/base/ipv4.ts';
import { macFromBytes } from '../../src/base/mac.ts';
import { contains4 } from '../../src/base/prefix.ts';
import { decodeAll, encodeAll } from '../../src/wire/field/codec.ts';
import { NLM_F } from '../../src/wire/netlink/constants.ts';
import type { NetlinkMessage } from '../../src/wire/netlink/message.ts';
import { type AddressMessage, addressMessage } from '../../src/wire/rtnetlink/address.ts';
import { AF, IFF, RTM, RTNH_F, RTNLGRP } from '../../src/wire/rtnetlink/constants.ts';
import { type LinkMessage, linkMessage, linkRequest } from '../../src/wire/rtnetlink/link.ts';
import { type RouteMessage, routeMessage } from '../../src/wire/rtnetlink/route.ts';
import { type FakeAnswer, FakeNetlink } from './fake-netlink.ts';

const DONE: FakeAnswer = { replies: [] };
const ENODEV: FakeAnswer = { errno: 19 };
const EEXIST: FakeAnswer = { errno: 17 };

export interface FakeLinkOptions {
  readonly mac?: string;
  readonly permanentMac?: string;
  readonly kind?: string;
  readonly up?: boolean;
  readonly carrier?: boolean;
}

function bytesOf(mac: string | undefined): Uint8Array | undefined {
  return mac === undefined ? undefined : Uint8Array.from(mac.split(':'), (pair) => Number.parseInt(pair, 16));
}

/**
 * The devices, IPv4 addresses and routes of a network namespace as the kernel keeps them, with its habits that matter:
 * an address takes the others of its subnet with it, the last address of a device all routes of the device, and so does
 * switching it off; a gateway has to be reachable; a hardware address changes only while the device is off, and a VLAN
 * device has that of the device below.
 */
export class FakeRtnetlink {
  readonly port = new FakeNetlink((message) => this.#answer(message));
  readonly links = new Map<number, LinkMessage>();
  addresses: AddressMessage[] = [];
  routes: RouteMessage[] = [];
  /** Messages that changed something. */
  changes = 0;
  /** Whether the kernel knows the kind `vlan`. */
  hasVlans = true;
  #refused: string | undefined;
  #nextIndex = 1;
  #cause: NetlinkMessage | undefined;

  addLink(name: string, options: FakeLinkOptions = {}): number {
    const index = this.#nextIndex++;
    const { up = false, carrier = true, kind } = options;
    const link = linkRequest(index, {
      name,
      mtu: 1500,
      flags: (up ? IFF.UP : 0) | (up && carrier ? IFF.LOWER_UP : 0) | (name === 'lo' ? IFF.LOOPBACK : 0),
      address: bytesOf(options.mac),
      permanentAddress: bytesOf(options.permanentMac),
      info: kind === undefined ? undefined : { kind },
    });
    this.#store(link);
    return index;
  }

  /** Routes to this network address are refused from now on. */
  refuseRoutesTo(destination: string): void {
    this.#refused = destination;
  }

  removeLink(name: string): void {
    const link = this.link(name);
    if (link !== undefined) this.#deleteLink(link);
  }

  setCarrier(name: string, carrier: boolean): void {
    const link = this.link(name);
    if (link === undefined) return;
    this.#store({ ...link, flags: carrier ? link.flags | IFF.LOWER_UP : link.flags & ~IFF.LOWER_UP });
  }

  link(name: string): LinkMessage | undefined {
    return [...this.links.values()].find((link) => link.name === name);
  }

  /** `192.0.2.1/24 on lan0`, sorted. */
  describeAddresses(): string[] {
    return this.addresses
      .map((one) => `${text(one.local)}/${one.prefixLength} on ${this.links.get(one.index)?.name ?? '?'}`)
      .toSorted((a, b) => a.localeCompare(b));
  }

  /** `0.0.0.0/0 by 203.0.113.1 on wan0 metric 0 protocol 71`, sorted. */
  describeRoutes(): string[] {
    return this.routes
      .map((one) => {
        const by = one.gateway === undefined ? '' : ` by ${text(one.gateway)}`;
        const device = this.links.get(one.outputDevice ?? 0)?.name ?? '?';
        const metric = one.priority ?? 0;
        return `${text(one.destination)}/${one.destinationLength}${by} on ${device} metric ${metric} protocol ${one.protocol}`;
      })
      .toSorted((a, b) => a.localeCompare(b));
  }

  #answer(message: NetlinkMessage): FakeAnswer {
    const { type, payload } = message;
    const all = <T>(reply: number, values: Iterable<T>, encode: (value: T) => Uint8Array): FakeAnswer => ({
      replies: [...values].map((value) => ({ type: reply, payload: encode(value) })),
    });
    if (type === RTM.GETLINK)
      return all(RTM.NEWLINK, this.links.values(), (one) => encodeAll(linkMessage, one));
    if (type === RTM.GETADDR)
      return all(RTM.NEWADDR, this.addresses, (one) => encodeAll(addressMessage, one));
    if (type === RTM.GETROUTE) return all(RTM.NEWROUTE, this.routes, (one) => encodeAll(routeMessage, one));
    this.#cause = message;
    const answer = this.#change(type, message.flags, payload);
    this.#cause = undefined;
    if (!('errno' in answer)) this.changes++;
    return answer;
  }

  #change(type: number, flags: number, payload: Uint8Array): FakeAnswer {
    switch (type) {
      case RTM.NEWLINK:
        return this.#newLink(decodeAll(linkMessage, payload), flags);
      case RTM.DELLINK: {
        const link = this.links.get(decodeAll(linkMessage, payload).index);
        if (link === undefined) return ENODEV;
        this.#deleteLink(link);
        return DONE;
      }
      case RTM.NEWADDR:
        return this.#newAddress(decodeAll(addressMessage, payload));
      case RTM.DELADDR:
        return this.#deleteAddress(decodeAll(addressMessage, payload));
      case RTM.NEWROUTE:
        return this.#newRoute(decodeAll(routeMessage, payload));
      case RTM.DELROUTE:
        return this.#deleteRoute(decodeAll(routeMessage, payload));
      default:
        return { errno: 95 };
    }
  }

  #createLink(request: LinkMessage): FakeAnswer {
    if (this.link(request.name ?? '') !== undefined) return EEXIST;
    if (request.info?.kind === 'vlan') return this.#createVlan(request);
    const mac = request.address === undefined ? {} : { mac: macFromBytes(request.address) };
    this.addLink(request.name ?? '', { ...mac, ...kindOf(request) });
    return DONE;
  }

  #createVlan(request: LinkMessage): FakeAnswer {
    if (!this.hasVlans) return { errno: 95, text: 'Unknown device type' };
    const lower = this.links.get(request.link ?? 0);
    if (lower === undefined) return ENODEV;
    const { link, info, name = '' } = request;
    const index = this.addLink(name);
    this.#store({ ...linkRequest(index), name, mtu: lower.mtu, address: lower.address, link, info });
    return DONE;
  }

  #newLink(request: LinkMessage, flags: number): FakeAnswer {
    if ((flags & NLM_F.CREATE) !== 0) return this.#createLink(request);
    const link = request.index === 0 ? this.link(request.name ?? '') : this.links.get(request.index);
    return link === undefined ? ENODEV : this.#changeLink(link, request);
  }

  #changeLink(link: LinkMessage, request: LinkMessage): FakeAnswer {
    const wasUp = (link.flags & IFF.UP) !== 0;
    if (request.address !== undefined && wasUp) return { errno: 16 };
    let now = (link.flags & ~request.change) | (request.flags & request.change);
    const isUp = (now & IFF.UP) !== 0;
    if (isUp !== wasUp) now = isUp ? now | IFF.LOWER_UP : now & ~IFF.LOWER_UP;
    if (!isUp) this.routes = this.routes.filter(({ outputDevice }) => outputDevice !== link.index);
    const master = request.master ?? link.master;
    this.#store({
      ...link,
      flags: now,
      mtu: request.mtu ?? link.mtu,
      address: request.address ?? link.address,
      description: (request.description ?? link.description) || undefined,
      master: master === 0 ? undefined : master,
    });
    return DONE;
  }

  #newAddress(request: AddressMessage): FakeAnswer {
    if (!this.links.has(request.index)) return ENODEV;
    if (this.addresses.some((one) => isSameAddress(one, request))) return EEXIST;
    this.addresses = [...this.addresses, request];
    this.#tell(RTNLGRP.IPV4_IFADDR, RTM.NEWADDR, encodeAll(addressMessage, request));
    return DONE;
  }

  #deleteAddress(request: AddressMessage): FakeAnswer {
    const found = this.addresses.find((one) => isSameAddress(one, request));
    if (found === undefined) return { errno: 99 };
    const prefix = { address: found.local as Ipv4, length: found.prefixLength };
    const inSubnet = (one: AddressMessage): boolean =>
      one.index === found.index &&
      one.prefixLength === found.prefixLength &&
      contains4(prefix, one.local as Ipv4);
    const isPrimary = this.addresses.find(inSubnet) === found;
    const gone = isPrimary ? this.addresses.filter(inSubnet) : [found];
    this.addresses = this.addresses.filter((one) => !gone.includes(one));
    for (const one of gone) this.#tell(RTNLGRP.IPV4_IFADDR, RTM.DELADDR, encodeAll(addressMessage, one));
    if (!this.addresses.some(({ index }) => index === found.index))
      this.routes = this.routes.filter(({ outputDevice }) => outputDevice !== found.index);
    return DONE;
  }

  #newRoute(request: RouteMessage): FakeAnswer {
    const link = this.links.get(request.outputDevice ?? 0);
    if (link === undefined) return ENODEV;
    if ((link.flags & IFF.UP) === 0) return { errno: 100, text: 'Device for nexthop is not up' };
    if (this.routes.some((one) => isSameRoute(one, request))) return EEXIST;
    if (text(request.destination) === this.#refused || !this.#reaches(request))
      return { errno: 101, text: 'Nexthop has invalid gateway' };
    this.routes = [request, ...this.routes];
    this.#tell(RTNLGRP.IPV4_ROUTE, RTM.NEWROUTE, encodeAll(routeMessage, request));
    return DONE;
  }

  #reaches({ gateway, flags, outputDevice }: RouteMessage): boolean {
    if (gateway === undefined || (flags & RTNH_F.ONLINK) !== 0) return true;
    const own = this.addresses.some(
      ({ index, local, prefixLength }) =>
        index === outputDevice &&
        contains4({ address: local as Ipv4, length: prefixLength }, gateway as Ipv4),
    );
    return own || this.routes.some((route) => isLinkRouteTo(route, outputDevice, gateway as Ipv4));
  }

  #deleteRoute(request: RouteMessage): FakeAnswer {
    const found = this.routes.find((one) => isSameRoute(one, request));
    if (found === undefined) return { errno: 3 };
    this.routes = this.routes.filter((one) => one !== found);
    this.#tell(RTNLGRP.IPV4_ROUTE, RTM.DELROUTE, encodeAll(routeMessage, found));
    return DONE;
  }

  #deleteLink(link: LinkMessage): void {
    this.links.delete(link.index);
    this.addresses = this.addresses.filter(({ index }) => index !== link.index);
    this.routes = this.routes.filter(({ outputDevice }) => outputDevice !== link.index);
    this.#tell(RTNLGRP.LINK, RTM.DELLINK, encodeAll(linkMessage, link));
    for (const upper of this.links.values())
      if (upper.link === link.index && upper.info?.kind === 'vlan') this.#deleteLink(upper);
    for (const port of this.links.values())
      if (port.master === link.index) this.#store({ ...port, master: undefined });
  }

  #store(link: LinkMessage): void {
    this.links.set(link.index, link);
    this.#tell(RTNLGRP.LINK, RTM.NEWLINK, encodeAll(linkMessage, link));
  }

  #tell(group: number, type: number, payload: Uint8Array): void {
    this.port.multicast(group, { type, payload }, this.#cause);
  }
}

function kindOf({ info }: LinkMessage): { kind?: string } {
  return info?.kind === undefined ? {} : { kind: info.kind };
}

function text(address: AddressMessage['local']): string {
  const value = typeof address === 'number' ? address : 0;
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

function isSameAddress(a: AddressMessage, b: AddressMessage): boolean {
  return a.index === b.index && a.local === b.local && a.prefixLength === b.prefixLength;
}

function isSameRoute(a: RouteMessage, b: RouteMessage): boolean {
  const key = (one: RouteMessage): string =>
    [
      one.destination ?? 0,
      one.destinationLength,
      one.gateway,
      one.outputDevice,
      one.priority ?? 0,
      one.protocol,
      one.preferredSource,
    ].join();
  return a.family === AF.INET && key(a) === key(b);
}

function isLinkRouteTo(route: RouteMessage, device: number | undefined, address: Ipv4): boolean {
  if (route.gateway !== undefined || route.outputDevice !== device) return false;
  const destination = typeof route.destination === 'number' ? route.destination : (0 as Ipv4);
  return contains4({ address: destination, length: route.destinationLength }, address);
}
