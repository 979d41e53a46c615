import { latin1 } from '../../base/text.ts';
import { encodeAll } from '../../wire/field/codec.ts';
import type { ClientFqdn } from '../../wire/dhcp4/fqdn.ts';
import { MAX_NAME_TEXT, nameList } from '../../wire/dhcp4/name-list.ts';

/** What servers send in the two fields that mean nothing any more (RFC 4702 §2.2). */
const NO_RCODE = 255;

/**
 * The answer to option 81 (RFC 4702 §4): the name the client has here. Names of the LAN are the box's alone to tell, so
 * it says that it does the update (S) also to a client that would rather do it itself or have none (O). A name that is
 * too long below the domain is none: the client is told nothing.
 */
export function fqdnReply(
  asked: ClientFqdn | undefined,
  name: string | undefined,
  domain: string | undefined,
): ClientFqdn | undefined {
  if (asked === undefined || name === undefined) return undefined;
  const whole = domain === undefined ? name : `${name}.${domain}`;
  if (whole.length > MAX_NAME_TEXT) return undefined;
  const { wireForm, serverUpdates } = asked.flags;
  return {
    flags: { serverUpdates: true, overridden: !serverUpdates, wireForm, noUpdate: false, unknown: 0 },
    rcode1: NO_RCODE,
    rcode2: NO_RCODE,
    name: wireForm ? encodeAll(nameList, [whole]) : latin1(whole),
  };
}
