import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import type { ClientSetup } from '../../../src/base/client-setup.ts';
import { readClientAddress } from '../../../src/wire/client-setup/address.ts';
import { encodeAppleProfile } from '../../../src/wire/client-setup/apple-profile.ts';
import {
  decodeAutodiscoverRequest,
  encodeAutodiscoverResponse,
} from '../../../src/wire/client-setup/autodiscover.ts';
import { encodeThunderbirdConfig } from '../../../src/wire/client-setup/thunderbird.ts';
import { leaf } from '../../../src/wire/client-setup/xml.ts';
import { HOSTILE, SETUP } from './setup-example.ts';

const uuidOf = (name: string): string =>
  `uuid-of-${createHash('sha1').update(name).digest('hex').slice(0, 8)}`;

/** What another reader makes of documents: Python's own, the one of property lists for Apple's. */
function asPython(program: string, documents: readonly string[]): unknown[] {
  const input = JSON.stringify(documents);
  return JSON.parse(execFileSync('python3', ['-c', program], { input, encoding: 'utf8' })) as unknown[];
}

const ELEMENTS = `
import sys, json, xml.etree.ElementTree as E
def read(text):
    return [[e.tag.split('}')[-1], (e.text or '').strip(), dict(e.attrib)] for e in E.fromstring(text.encode()).iter()]
print(json.dumps([read(text) for text in json.load(sys.stdin)]))`;

const PROPERTIES = `
import sys, json, plistlib
read = lambda text: plistlib.loads(text.encode())
print(json.dumps([read(text) for text in json.load(sys.stdin)], default=lambda b: b.hex()))`;

type Elements = readonly (readonly [string, string, Readonly<Record<string, string>>])[];

const textsOf = (elements: Elements, name: string): string[] =>
  elements.filter(([tag]) => tag === name).map(([, text]) => text);

test('encodeThunderbirdConfig() has every port, the best first, and a login that the program fills in', () => {
  const elements = asPython(ELEMENTS, [encodeThunderbirdConfig(SETUP.office, SETUP)])[0] as Elements;
  assert.deepEqual(elements[0], ['clientConfig', '', { version: '1.1' }]);
  assert.deepEqual(textsOf(elements, 'domain'), ['office.example', 'shop.example']);
  assert.deepEqual(textsOf(elements, 'port'), ['995', '110', '465', '587']);
  assert.deepEqual(textsOf(elements, 'socketType'), ['SSL', 'STARTTLS', 'SSL', 'STARTTLS']);
  assert.deepEqual(new Set(textsOf(elements, 'username')), new Set(['%EMAILADDRESS%']));
  assert.deepEqual(
    elements.filter(([tag]) => tag.endsWith('Server')).map(([tag, , { type }]) => `${tag} ${type}`),
    ['incomingServer pop3', 'incomingServer pop3', 'outgoingServer smtp', 'outgoingServer smtp'],
  );
});

test('encodeAutodiscoverResponse() has one port to read and one to send, in the schema of Outlook', () => {
  const document = encodeAutodiscoverResponse(SETUP, 'alice@office.example');
  const elements = asPython(ELEMENTS, [document])[0] as Elements;
  for (const [name, texts] of [
    ['AccountType', ['email']],
    ['Action', ['settings']],
    ['Type', ['POP3', 'SMTP']],
    ['Server', ['mail.office.example', 'mail.office.example']],
    ['Port', ['995', '465']],
    ['SSL', ['on', 'on']],
    ['LoginName', ['alice@office.example', 'alice@office.example']],
  ] as const)
    assert.deepEqual(textsOf(elements, name), texts, name);
  assert.match(document, /outlook\/responseschema\/2006a/);
});

interface Profile {
  readonly PayloadType: string;
  readonly PayloadIdentifier: string;
  readonly PayloadContent: readonly Readonly<Record<string, unknown>>[];
}

function profilesOf(setups: readonly (readonly [ClientSetup, string])[]): Profile[] {
  const documents = setups.map(([setup, address]) => encodeAppleProfile({ setup, address, uuidOf }));
  return asPython(PROPERTIES, documents) as Profile[];
}

test('encodeAppleProfile() is a property list with the account and the certificate to trust', () => {
  const address = 'alice@office.example';
  const [profile, trusted] = profilesOf([
    [SETUP, address],
    [{ ...SETUP, trust: [] }, address],
  ]);
  assert.equal(profile?.PayloadType, 'Configuration');
  assert.match(profile.PayloadIdentifier, /^example\.office\.gatepost\.uuid-of-/);
  const [root, mail] = profile.PayloadContent;
  assert.equal(root?.['PayloadType'], 'com.apple.security.root');
  assert.equal(root['PayloadContent'], '300001');
  for (const [key, value] of Object.entries({
    PayloadType: 'com.apple.mail.managed',
    EmailAccountType: 'EmailTypePOP',
    EmailAddress: address,
    IncomingMailServerHostName: 'mail.office.example',
    IncomingMailServerPortNumber: 995,
    IncomingMailServerUseSSL: true,
    IncomingMailServerUsername: address,
    OutgoingMailServerPortNumber: 465,
    OutgoingMailServerAuthentication: 'EmailAuthPassword',
    OutgoingPasswordSameAsIncomingPassword: true,
  }))
    assert.equal(mail?.[key], value, key);
  assert.equal(trusted?.PayloadContent.length, 1);
});

test('a hostile address is text in every document, to the character', () => {
  const shown = HOSTILE.map((address) => address.replace('\ufffe', '\ufffd'));
  const outlook = asPython(
    ELEMENTS,
    HOSTILE.map((address) => encodeAutodiscoverResponse(SETUP, address)),
  ) as Elements[];
  assert.deepEqual(
    outlook.map((elements) => textsOf(elements, 'LoginName')),
    shown.map((address) => [address, address]),
  );
  const apple = profilesOf(HOSTILE.map((address) => [SETUP, address] as const));
  assert.deepEqual(
    apple.map(({ PayloadContent: [, mail] }) => mail?.['EmailAddress']),
    shown,
  );
});

test('leaf() holds no character that XML 1.0 cannot, and no mark-up, for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const [, inside = '<'] = /^<a>(.*)<\/a>$/s.exec(leaf('a', text)) ?? [];
      assert.doesNotMatch(inside, /[<>"'\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
      assert.doesNotMatch(inside, /&(?!(?:amp|lt|gt|quot|apos);)/);
    }),
  );
});

const REQUEST = `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
  <Request>
    <EMailAddress>Alice@Office.Example</EMailAddress>
    <AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>
  </Request>
</Autodiscover>`;

test('decodeAutodiscoverRequest() reads the address of a request as Outlook sends it, and of its variants', () => {
  const expected = { address: 'Alice@Office.Example', domain: 'office.example' };
  for (const request of [
    REQUEST,
    REQUEST.replaceAll('EMailAddress', 'a:EMailAddress'),
    REQUEST.replace('<Request>', '<!-- <EMailAddress>x@y</EMailAddress> --><Request a="1>2" b=\'"\'>'),
    REQUEST.replace('Alice@', '\n  &#x41;lice&#64;').replace('Example<', 'Example \n<'),
    '<EMailAddress>Alice@Office.Example</',
  ])
    assert.deepEqual(decodeAutodiscoverRequest(request), expected, request);
  assert.equal(
    decodeAutodiscoverRequest(REQUEST.replace('Alice', 'a&amp;lt;b')).address,
    'a&lt;b@Office.Example',
  );
});

test('decodeAutodiscoverRequest() takes no declaration, no unknown entity and nothing unfinished', () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${REQUEST.slice(38)}`;
  for (const [request, reason] of [
    [bomb, /Declarations and entities are not read/],
    [REQUEST.replace('Alice', '<![CDATA[x]]>'), /more than text|not read/],
    [REQUEST.replace('Alice', '&b;'), /entity is not known/],
    [REQUEST.replace('Alice', '&#x110000;'), /entity is not known/],
    [REQUEST.replace('Alice', '&amp'), /reference|not known/],
    [REQUEST.replace('Alice', '<b/>'), /holds more than text/],
    [REQUEST.replace('Alice@', 'Alice'), /not a mail address/],
    [REQUEST.replace('Alice', 'a b'), /not a mail address/],
    [REQUEST.replace('Alice', 'a&#10;b'), /not a mail address/],
    ['<EMailAddress/>', /There is no EMailAddress/],
    ['<!-- ', /"-->" is missing/],
    ['<a b="', /A tag does not end/],
    ['', /There is no EMailAddress/],
  ] as const)
    assert.throws(
      () => decodeAutodiscoverRequest(request),
      (error) => error instanceof DecodeError && reason.test(error.message),
      request,
    );
});

test('decodeAutodiscoverRequest() throws only DecodeError, for every cut and for any text', () => {
  const tryOne = (text: string): void => {
    try {
      decodeAutodiscoverRequest(text);
    } catch (error) {
      assert.ok(error instanceof DecodeError, String(error));
    }
  };
  for (let cut = 0; cut < REQUEST.length; cut++) tryOne(REQUEST.slice(0, cut));
  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    '!',
    '--',
    '?',
    '"',
    "'",
    '&',
    ';',
    '#x',
    'EMailAddress',
    'a@b',
    ' ',
    '\ud800',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (parts) => tryOne(parts.join(''))),
  );
});

test('decodeAutodiscoverRequest() needs time in proportion to its input, whatever that is', () => {
  for (const text of ['<a ', '<a b="', '<', '&', '<!--', `<a ${'"x"'.repeat(3)}`, '<EMailAddress>&'])
    assert.throws(() => decodeAutodiscoverRequest(text.repeat(16_384 / text.length)), DecodeError);
});

test('readClientAddress() takes an address of at most 254 characters, its domain in lower case', () => {
  assert.deepEqual(readClientAddress(' a@B.Example '), { address: 'a@B.Example', domain: 'b.example' });
  for (const text of [
    '',
    '@',
    'a@',
    '@b',
    'a',
    `${'a'.repeat(253)}@b`,
    'a\u0000@b',
    'a\ud800@b',
    'a\u2028b@c',
  ])
    assert.throws(() => readClientAddress(text), DecodeError, JSON.stringify(text));
});
