import { type Ipv4, ipv4FromBytes } from '../../../base/ipv4.ts';
import { type Ipv6, ipv6FromBytes } from '../../../base/ipv6.ts';
import { NFPROTO, NFT_VERDICT } from '../../../wire/nftables/constants.ts';
import { NFT_NAT } from '../../../wire/nftables/expression/nat.ts';
import type { Expression } from '../../../wire/nftables/expression.ts';
import { type Outcome, unknownTo, wanted } from './outcome.ts';
import type { Passage } from './passage.ts';
import { hopTo, ownAddressTowards } from './surroundings.ts';

type Nat = Extract<Expression, { readonly kind: 'nat' }>;
type Masquerade = Extract<Expression, { readonly kind: 'masq' }>;

/** `nat`: the address and port that the registers hold; ranges of either are not used by any rule of ours. */
export function translatedBy(nat: Nat, { rule: { registers } }: Passage): Outcome {
  const { type, family, addressMin, addressMax, portMin, portMax } = nat;
  if ((addressMax ?? addressMin) !== addressMin || (portMax ?? portMin) !== portMin)
    return unknownTo('a translation to one of several places');
  const register = wanted(addressMin, 'the address of nat');
  const address: Ipv4 | Ipv6 =
    family === NFPROTO.IPV4
      ? ipv4FromBytes(registers.load(register, 4))
      : ipv6FromBytes(registers.load(register, 16));
  const [high = 0, low = 0] = portMin === undefined ? [] : registers.load(portMin, 2);
  return {
    kind: 'translate',
    end: type === NFT_NAT.DNAT ? 'destination' : 'source',
    address,
    port: portMin === undefined ? null : high * 256 + low,
  };
}

/** `masq`: the address that the outgoing device has towards the next stop; without one the packet is dropped. */
export function masqueraded({ portMin }: Masquerade, passage: Passage): Outcome {
  if (portMin !== undefined) return unknownTo('ports of masq');
  const { surroundings, packet, outDevice } = passage;
  const hop = hopTo(surroundings, packet.destination, outDevice);
  const address = hop === undefined ? undefined : ownAddressTowards(surroundings, hop);
  if (address === undefined) return { kind: 'verdict', verdict: { code: NFT_VERDICT.DROP } };
  return { kind: 'translate', end: 'source', address, port: null };
}
