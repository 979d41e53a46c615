import type { ClientServer, ClientSetup, TrustedCertificate } from '../../base/client-setup.ts';
import { type Xml, element, leaf, xmlDocument } from './xml.ts';

const DOCTYPE =
  '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n';

/** Octets in base 64. */
interface Data {
  readonly data: string;
}

type Value = string | number | boolean | Data;

function value(of: Value): Xml {
  if (typeof of === 'boolean') return element(of ? 'true' : 'false', []);
  if (typeof of === 'number') return leaf('integer', of);
  return typeof of === 'string' ? leaf('string', of) : leaf('data', of.data);
}

function dictionary(entries: Readonly<Record<string, Value>>, further: readonly Xml[] = []): Xml {
  const pairs = Object.entries(entries).flatMap(([key, one]) => [leaf('key', key), value(one)]);
  return element('dict', [...pairs, ...further]);
}

export interface ProfileFacts {
  readonly setup: ClientSetup;
  readonly address: string;
  /** A UUID that is always the same for the same name: a profile that is installed again replaces the one before. */
  readonly uuidOf: (name: string) => string;
}

function payload({ setup, uuidOf }: ProfileFacts, type: string, name: string): Record<string, Value> {
  const uuid = uuidOf(`${type} ${name}`);
  const reversed = setup.office.split('.').toReversed().join('.');
  return {
    PayloadType: type,
    PayloadVersion: 1,
    PayloadUUID: uuid,
    PayloadIdentifier: `${reversed}.gatepost.${uuid.toLowerCase()}`,
  };
}

function server(side: 'Incoming' | 'Outgoing', one: ClientServer, address: string): Record<string, Value> {
  return {
    [`${side}MailServerAuthentication`]: 'EmailAuthPassword',
    [`${side}MailServerHostName`]: one.host,
    [`${side}MailServerPortNumber`]: one.port,
    [`${side}MailServerUseSSL`]: true,
    [`${side}MailServerUsername`]: address,
  };
}

function mailPayload(facts: ProfileFacts): Xml {
  const { setup, address } = facts;
  const [read] = setup.incoming;
  const [send] = setup.outgoing;
  return dictionary({
    ...payload(facts, 'com.apple.mail.managed', address),
    PayloadDisplayName: address,
    EmailAccountDescription: setup.office,
    EmailAccountType: 'EmailTypePOP',
    EmailAddress: address,
    ...(read === undefined ? {} : server('Incoming', read, address)),
    ...(send === undefined ? {} : server('Outgoing', send, address)),
    OutgoingPasswordSameAsIncomingPassword: true,
  });
}

/** The octets of a certificate in PEM, in base 64 without lines. */
function dataOf(pem: string): Data {
  return { data: pem.replaceAll(/-----[^-]+-----|\s/g, '') };
}

function rootPayload(facts: ProfileFacts, { name, certificate, fingerprint }: TrustedCertificate): Xml {
  return dictionary({
    ...payload(facts, 'com.apple.security.root', fingerprint),
    PayloadDisplayName: name,
    PayloadCertificateFileName: 'authority.cer',
    PayloadContent: dataOf(certificate),
  });
}

/**
 * The settings for an address as a configuration profile of Apple's devices, with what has to be trusted for the servers'
 * certificate. It is not signed: a signature by an authority the device does not know yet would say nothing to it.
 */
export function encodeAppleProfile(facts: ProfileFacts): string {
  const { setup, address } = facts;
  const payloads = element('array', [
    ...setup.trust.map((one) => rootPayload(facts, one)),
    mailPayload(facts),
  ]);
  const entries = {
    ...payload(facts, 'Configuration', address),
    PayloadDisplayName: `${address}: mail`,
    PayloadDescription: `Sets up the mailbox ${address} of ${setup.office}.`,
    PayloadOrganization: setup.office,
  };
  const profile = dictionary(entries, [leaf('key', 'PayloadContent'), payloads]);
  return xmlDocument(element('plist', [profile], { version: '1.0' }), DOCTYPE);
}
