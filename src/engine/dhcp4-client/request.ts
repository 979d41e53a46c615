import type { Ipv4 } from '../../base/ipv4.ts';
import { UNSPECIFIED } from '../../base/ipv4.ts';
import { macBytes } from '../../base/mac.ts';
import { HTYPE_ETHERNET, MESSAGE_TYPE, OP } from '../../wire/dhcp4/constants.ts';
import type { Dhcp4Message } from '../../wire/dhcp4/message.ts';
import type { Dhcp4Options } from '../../wire/dhcp4/options.ts';
import type { ClientOptions } from './state.ts';

/**
 * Mask, router, DNS, host name, domain, broadcast, time servers, lease time, server identifier, T1, T2, search list
 * (RFC 3397) and, before the router option as RFC 3442 wants it, classless routes.
 */
const PARAMETER_REQUEST_LIST = [1, 121, 3, 6, 12, 15, 28, 42, 51, 54, 58, 59, 119] as const;
/** What an Ethernet packet holds without IP and UDP headers. */
const MAX_MESSAGE_SIZE = 1472;

interface Variable {
  readonly xid: number;
  readonly secs: number;
  readonly ciaddr?: Ipv4;
  readonly options: Dhcp4Options;
}

function build(client: ClientOptions, variable: Variable): Dhcp4Message {
  return {
    op: OP.BOOTREQUEST,
    htype: HTYPE_ETHERNET,
    hops: 0,
    xid: variable.xid,
    secs: Math.min(variable.secs, 0xffff),
    // The packet socket receives unicast before the address is configured.
    broadcast: false,
    ciaddr: variable.ciaddr ?? UNSPECIFIED,
    yiaddr: UNSPECIFIED,
    siaddr: UNSPECIFIED,
    giaddr: UNSPECIFIED,
    chaddr: macBytes(client.mac),
    sname: new Uint8Array(0),
    file: new Uint8Array(0),
    options: variable.options,
  };
}

function asking(client: ClientOptions, first: Dhcp4Options): Dhcp4Options {
  return {
    ...first,
    maxMessageSize: MAX_MESSAGE_SIZE,
    parameterRequestList: PARAMETER_REQUEST_LIST,
    clientId: client.clientId,
    hostName: client.hostName,
  };
}

/** RFC 2131 table 5, column DHCPDISCOVER; `suggested` is the address had last. */
export function discover(
  client: ClientOptions,
  place: { readonly xid: number; readonly secs: number },
  suggested: Ipv4 | undefined,
): Dhcp4Message {
  const options = { messageType: MESSAGE_TYPE.DISCOVER, requestedAddress: suggested };
  return build(client, { ...place, options: asking(client, options) });
}

/**
 * RFC 2131 section 4.3.2, the four kinds of DHCPREQUEST: after an offer (requested address and server), on INIT-REBOOT
 * (requested address only), renewing and rebinding (ciaddr only).
 */
export function request(
  client: ClientOptions,
  place: { readonly xid: number; readonly secs: number },
  what: { readonly requested?: Ipv4; readonly server?: Ipv4; readonly ciaddr?: Ipv4 },
): Dhcp4Message {
  const { requested, server, ciaddr } = what;
  const options = asking(client, {
    messageType: MESSAGE_TYPE.REQUEST,
    requestedAddress: requested,
    serverId: server,
  });
  return build(client, { ...place, ...(ciaddr === undefined ? {} : { ciaddr }), options });
}

/** RFC 2131 table 5, column DHCPRELEASE: no parameter list, no requested address. */
export function release(
  client: ClientOptions,
  xid: number,
  from: { ciaddr: Ipv4; server: Ipv4 },
): Dhcp4Message {
  const options: Dhcp4Options = {
    messageType: MESSAGE_TYPE.RELEASE,
    serverId: from.server,
    clientId: client.clientId,
  };
  return build(client, { xid, secs: 0, ciaddr: from.ciaddr, options });
}

/** RFC 2131 table 5, column DHCPDECLINE: the address and the server by option, no `ciaddr`. */
export function decline(
  client: ClientOptions,
  xid: number,
  what: { readonly address: Ipv4; readonly server: Ipv4 },
): Dhcp4Message {
  const options: Dhcp4Options = {
    messageType: MESSAGE_TYPE.DECLINE,
    requestedAddress: what.address,
    serverId: what.server,
    clientId: client.clientId,
  };
  return build(client, { xid, secs: 0, options });
}
