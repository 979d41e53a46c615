import type { ClientSetup } from '../../../src/base/client-setup.ts';

const host = 'mail.office.example';

export const SETUP: ClientSetup = {
  office: 'office.example',
  domains: ['office.example', 'shop.example'],
  incoming: [
    { service: 'pop3s', host, port: 995, tls: 'implicit' },
    { service: 'pop3', host, port: 110, tls: 'starttls' },
  ],
  outgoing: [
    { service: 'submissions', host, port: 465, tls: 'implicit' },
    { service: 'submission', host, port: 587, tls: 'starttls' },
  ],
  trust: [
    {
      name: 'office.example (Gatepost 0a1b2c3d)',
      certificate: '-----BEGIN CERTIFICATE-----\nMAA\nB\n-----END CERTIFICATE-----\n',
      fingerprint: 'AB:CD',
    },
  ],
};

/** Addresses that would be something else than text in a document that does not escape them. */
export const HOSTILE = [
  `<x/>@office.example`,
  `a"b'c&d@office.example`,
  `]]></string><true/>@office.example`,
  `&amp;&#60;@office.example`,
  `\u{1f4ee}\ufffe@office.example`,
] as const;
