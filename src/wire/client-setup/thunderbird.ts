import type { ClientServer, ClientServers } from '../../base/client-setup.ts';
import { type Xml, element, leaf, xmlDocument } from './xml.ts';

const SOCKET = { implicit: 'SSL', starttls: 'STARTTLS' } as const;

function server(kind: 'incomingServer' | 'outgoingServer', type: string, one: ClientServer): Xml {
  return element(
    kind,
    [
      leaf('hostname', one.host),
      leaf('port', one.port),
      leaf('socketType', SOCKET[one.tls]),
      leaf('authentication', 'password-cleartext'),
      // The program puts in the address itself, so that the answer is the same for everybody.
      leaf('username', '%EMAILADDRESS%'),
    ],
    { type },
  );
}

/** The settings in the form of Thunderbird, `config-v1.1.xml`, which other free mail programs ask for as well. */
export function encodeThunderbirdConfig(
  office: string,
  { domains, incoming, outgoing }: ClientServers,
): string {
  const provider = element(
    'emailProvider',
    [
      ...domains.map((domain) => leaf('domain', domain)),
      leaf('displayName', office),
      leaf('displayShortName', office),
      ...incoming.map((one) => server('incomingServer', 'pop3', one)),
      ...outgoing.map((one) => server('outgoingServer', 'smtp', one)),
    ],
    { id: office },
  );
  return xmlDocument(element('clientConfig', [provider], { version: '1.1' }));
}
