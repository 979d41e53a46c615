import { isIpv4 } from '../../../base/address.ts';
import { NFT_VERDICT } from '../../../wire/nftables/constants.ts';
import { NFT_REJECT, NFT_REJECT_ICMPX } from '../../../wire/nftables/expression/reject.ts';
import type { Expression } from '../../../wire/nftables/expression.ts';
import { TCP_FLAG } from '../statement.ts';
import { type Outcome, unknownTo, wanted } from './outcome.ts';
import type { Packet } from './packet.ts';
import type { Passage } from './passage.ts';
import { ADDRESS_KIND, kindOf } from './surroundings.ts';

type Reject = Extract<Expression, { readonly kind: 'reject' }>;

/** Destination Unreachable of RFC 792 and RFC 4443. */
const UNREACHABLE = { ICMP: 3, ICMPV6: 1 } as const;

/** What the codes for either family become (icmp_code_v4, icmp_code_v6 of net/netfilter/nft_reject.c). */
const CODES: Readonly<Record<number, { readonly icmp: number; readonly icmpv6: number }>> = {
  [NFT_REJECT_ICMPX.NO_ROUTE]: { icmp: 0, icmpv6: 0 },
  [NFT_REJECT_ICMPX.PORT_UNREACH]: { icmp: 3, icmpv6: 4 },
  [NFT_REJECT_ICMPX.HOST_UNREACH]: { icmp: 1, icmpv6: 3 },
  [NFT_REJECT_ICMPX.ADMIN_PROHIBITED]: { icmp: 13, icmpv6: 1 },
};

const SILENCE: Outcome = { kind: 'verdict', verdict: { code: NFT_VERDICT.DROP } };

/** `reject`: what the sender is told; nothing where the kernel has nothing to answer to. */
export function refusalBy({ type, code }: Reject, { packet, surroundings }: Passage): Outcome {
  const kind = wanted(type, 'the type of reject');
  // One packet to all must not bring forth answers from all (RFC 1122 section 3.2.2).
  const to = kindOf(surroundings, packet.destination);
  if (to === ADDRESS_KIND.BROADCAST || to === ADDRESS_KIND.MULTICAST) return SILENCE;
  const { transport } = packet;
  if (kind === NFT_REJECT.TCP_RST) {
    // A reset is never answered by a reset (RFC 9293 section 3.5.2).
    const isAnswerable = transport.kind === 'tcp' && (transport.flags & TCP_FLAG.RST) === 0;
    return isAnswerable ? { kind: 'refuse', refusal: { with: 'tcp-reset' } } : SILENCE;
  }
  if (isAnError(packet)) return SILENCE;
  if (kind !== NFT_REJECT.ICMPX_UNREACH) return unknownTo(`the reject type ${kind}`);
  const codes = CODES[wanted(code, 'the code of reject')] ?? unknownTo(`the reject code ${code}`);
  const refusal = isIpv4(packet.source)
    ? ({ with: 'icmp', type: UNREACHABLE.ICMP, code: codes.icmp } as const)
    : ({ with: 'icmp', type: UNREACHABLE.ICMPV6, code: codes.icmpv6 } as const);
  return { kind: 'refuse', refusal };
}

/** ICMP errors, and what might be one, are never answered by an error (RFC 1122 section 3.2.2, RFC 4443 section 2.4). */
function isAnError({ source, transport }: Packet): boolean {
  if (transport.kind !== 'icmp') return false;
  const { type } = transport;
  return isIpv4(source) ? ICMP_ERRORS.has(type) || type > LAST_KNOWN_ICMP : type < FIRST_ICMPV6_MESSAGE;
}

const ICMP_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);
/** NR_ICMP_TYPES of linux/icmp.h */
const LAST_KNOWN_ICMP = 18;
const FIRST_ICMPV6_MESSAGE = 128;
