import { Reader } from '../../base/reader.ts';
import { encodeAll } from '../field/codec.ts';
import { type Field, type ValueOf, mapped } from '../field/field.ts';
import { rest, u16, u16Le, u32Le } from '../field/scalars.ts';
import { attribute, attributes, cstring } from '../netlink/attributes.ts';

/** IFLA_INFO_DATA of a bridge (enum of IFLA_BR_*, linux/if_link.h), as much of it as is set or shown. */
export const bridgeData = attributes({
  /** Clock ticks of 1/100 s. */
  forwardDelay: attribute(1, u32Le),
  helloTime: attribute(2, u32Le),
  maxAge: attribute(3, u32Le),
  ageingTime: attribute(4, u32Le),
  /** 0 off, 1 kernel, 2 user. */
  stpState: attribute(5, u32Le),
});
export type BridgeData = ValueOf<typeof bridgeData>;

/** IFLA_INFO_DATA of a VLAN device (IFLA_VLAN_* of linux/if_link.h), as much of it as is set. */
export const vlanData = attributes({
  /** In network order: ETH_P_8021Q for tags of customers; those of providers (802.1ad) are others. */
  protocol: attribute(5, u16),
  /** The tag, 1 to 4094. */
  id: attribute(1, u16Le),
});
export type VlanData = ValueOf<typeof vlanData>;

const rawInfo = attributes({
  /** IFLA_INFO_KIND */
  kind: attribute(1, cstring),
  /** IFLA_INFO_DATA: its layout depends on the kind. */
  data: attribute(2, rest),
  /** IFLA_INFO_SLAVE_KIND: what the master is. */
  slaveKind: attribute(4, cstring),
  /** IFLA_INFO_SLAVE_DATA */
  slaveData: attribute(5, rest),
});

/** IFLA_LINKINFO: what makes a virtual device; real ones have none. */
export type LinkInfo = Omit<ValueOf<typeof rawInfo>, 'data'> & {
  /** For the kind `bridge`. */
  readonly bridge?: BridgeData | undefined;
  /** For the kind `vlan`. */
  readonly vlan?: VlanData | undefined;
  /** For every other kind, undecoded: of a veth see {@link vethPeer}. */
  readonly data?: Uint8Array | undefined;
};

function understand({ data, ...info }: ValueOf<typeof rawInfo>, reader: Reader): LinkInfo {
  if (data === undefined) return info;
  const inside = <T>(field: Field<T>): T => reader.within('data', () => field.decode(new Reader(data)));
  if (info.kind === 'bridge') return { ...info, bridge: inside(bridgeData) };
  if (info.kind === 'vlan') return { ...info, vlan: inside(vlanData) };
  return { ...info, data };
}

export const linkInfo: Field<LinkInfo> = mapped(rawInfo, understand, ({ bridge, vlan, ...info }) => {
  if (bridge !== undefined) return { ...info, data: encodeAll(bridgeData, bridge) };
  return vlan === undefined ? info : { ...info, data: encodeAll(vlanData, vlan) };
});

/** IFLA_INFO_DATA of kind `veth`: VETH_INFO_PEER holds the whole link message of the other end. */
export function vethPeer<T>(link: Field<T>): Field<{ readonly peer?: T | undefined }> {
  return attributes({ peer: attribute(1, link) });
}
