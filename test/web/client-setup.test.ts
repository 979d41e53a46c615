import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hono } from 'hono';
import type { ClientSetup } from '../../src/base/client-setup.ts';
import { addClientSetup } from '../../src/web/client-setup.ts';
import type { ControlClient } from '../../src/web/control-client.ts';
import { frontSite } from '../../src/web/front-site.ts';
import { CLIENT_SETUP, FakeBox } from '../fake/fake-box.ts';
import { fakeControl } from '../fake/fake-control.ts';

const hostNames = (): readonly string[] => ['admin.office.example', 'admin'];
const ports = (): { http: number; https: number } => ({ http: 8080, https: 8443 });

function siteOf(client: ControlClient = fakeControl(new FakeBox())): Hono {
  return frontSite({ client, hostNames, ports });
}

function saying(setup: ClientSetup): ControlClient {
  return { ...fakeControl(new FakeBox()), get: <T>() => Promise.resolve(setup as T) };
}

async function ask(
  path: string,
  host = 'autoconfig.office.example',
  init: RequestInit = {},
  site = siteOf(),
) {
  const url = path.startsWith('http') ? path : `http://${host}${path}`;
  const response = await site.request(url, { ...init, headers: { host } });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const post = (body: string): RequestInit => ({ method: 'POST', body });
const question = (address: string): string =>
  `<Autodiscover><Request><EMailAddress>${address}</EMailAddress></Request></Autodiscover>`;

test('Thunderbird gets the settings at both of its paths, with and without the address', async () => {
  for (const path of ['/mail/config-v1.1.xml', '/.well-known/autoconfig/mail/config-v1.1.xml'])
    for (const query of ['', '?emailaddress=alice%40office.example', '?emailaddress=bob@Shop.Example']) {
      const { status, headers, text } = await ask(path + query);
      assert.equal(status, 200, path + query);
      assert.match(headers.get('content-type') ?? '', /^application\/xml/);
      assert.match(text, /<hostname>mail\.office\.example<\/hostname>/);
    }
});

test('a plus in an address is understood whether the program has encoded it or not', async () => {
  for (const address of ['alice+shop@office.example', 'alice%2Bshop@office.example'])
    for (const path of [
      `/mail/config-v1.1.xml?emailaddress=${address}`,
      `/autodiscover/autodiscover.json?Protocol=AutodiscoverV1&Email=${address}`,
      `/autodiscover/autodiscover.json/v1.0/${address}?Protocol=AutodiscoverV1`,
    ])
      assert.equal((await ask(path)).status, 200, path);
});

test('settings are the same for every local part, so that nobody learns who has a mailbox', async () => {
  const forms = [
    '/mail/config-v1.1.xml?emailaddress=',
    '/autodiscover/autodiscover.json?Protocol=AutodiscoverV1&Email=',
  ];
  for (const form of forms) {
    const [known, unknown] = await Promise.all(
      ['alice', 'nobody'].map((name) => ask(`${form}${name}@office.example`)),
    );
    assert.deepEqual([known?.status, known?.text], [unknown?.status, unknown?.text]);
  }
  const [known, unknown] = await Promise.all(
    ['alice', 'nobody'].map((name) =>
      ask('/autodiscover/autodiscover.xml', undefined, post(question(`${name}@office.example`))),
    ),
  );
  assert.equal(known?.text.replaceAll('alice', 'nobody'), unknown?.text);
});

test('a domain whose mail is elsewhere gets 404, whichever way it is named', async () => {
  const other = 'a@elsewhere.example';
  for (const [path, host, init] of [
    [`/mail/config-v1.1.xml?emailaddress=${other}`],
    [`/mail/apple.mobileconfig?emailaddress=${other}`],
    [`/autodiscover/autodiscover.json?Email=${other}&Protocol=AutodiscoverV1`],
    ['/autodiscover/autodiscover.xml', 'autodiscover.office.example', post(question(other))],
    ['/mail/config-v1.1.xml', 'autoconfig.elsewhere.example'],
    ['/mail/config-v1.1.xml', 'autoconfig.sub.office.example'],
    ['/mail/config-v1.1.xml', 'rebound.example'],
  ] as const) {
    const { status, text } = await ask(path, host, init);
    assert.equal(status, 404, path);
    assert.match(text, /Cannot tell settings: this is not a domain whose mail is here/);
  }
});

test('Outlook gets its form at any spelling of the path, and the way to HTTPS where it asks by GET', async () => {
  const host = 'autodiscover.office.example';
  for (const path of ['/autodiscover/autodiscover.xml', '/AutoDiscover/AutoDiscover.XML']) {
    const { status, text } = await ask(path, host, post(question('alice@office.example')));
    assert.equal(status, 200, path);
    assert.match(text, /<LoginName>alice@office\.example<\/LoginName>/);
  }
  const plain = await ask('/Autodiscover/Autodiscover.xml', host);
  assert.equal(plain.headers.get('location'), `https://${host}/autodiscover/autodiscover.xml`);
  const encrypted = await ask(`https://${host}/Autodiscover/Autodiscover.xml`, host);
  assert.deepEqual([encrypted.status, encrypted.headers.get('allow')], [405, 'POST']);
});

test('Outlook gets the second version as JSON, by query or by path, and is told of protocols there are not', async () => {
  const expected = {
    Protocol: 'AutodiscoverV1',
    Url: 'https://autodiscover.shop.example/autodiscover/autodiscover.xml',
  };
  for (const path of [
    '/autodiscover/autodiscover.json?Email=a%40shop.example&Protocol=AutodiscoverV1',
    '/Autodiscover/AutoDiscover.json/v1.0/a%40shop.example?protocol=autodiscoverv1',
  ])
    assert.deepEqual(JSON.parse((await ask(path)).text), expected, path);
  const { status, text } = await ask('/autodiscover/autodiscover.json?Email=a@shop.example&Protocol=Ews');
  assert.equal(status, 400);
  assert.equal((JSON.parse(text) as { ErrorCode: string }).ErrorCode, 'ProtocolNotSupported');
});

test('Apple devices get a profile as a file, the same for the same address', async () => {
  const path = '/mail/apple.mobileconfig?emailaddress=alice@office.example';
  const { status, headers, text } = await ask(path, 'admin.office.example');
  assert.equal(status, 200);
  assert.equal(headers.get('content-type'), 'application/x-apple-aspen-config');
  assert.match(headers.get('content-disposition') ?? '', /attachment; filename="mail\.mobileconfig"/);
  const uuids = [...text.matchAll(/<key>PayloadUUID<\/key>\s*<string>([^<]+)</g)].map(
    ([, uuid]) => uuid ?? '',
  );
  assert.equal(new Set(uuids).size, 3);
  for (const uuid of uuids)
    assert.match(uuid, /^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-A[0-9A-F]{3}-[0-9A-F]{12}$/);
  assert.equal((await ask(path, 'admin')).text, text);
});

test('the certificate to trust is handed out as DER; with one of the owner there is none', async () => {
  const { status, headers, text } = await ask('/mail/authority.crt', 'admin');
  assert.deepEqual(
    [status, headers.get('content-type'), text],
    [200, 'application/x-x509-ca-cert', '0\u0000'],
  );
  const { status: none } = await ask(
    '/mail/authority.crt',
    'admin',
    {},
    siteOf(saying({ ...CLIENT_SETUP, trust: [] })),
  );
  assert.equal(none, 404);
});

test('what is no question gets 400 with a sentence, what is too long 413', async () => {
  for (const [path, init, reason] of [
    ['/mail/config-v1.1.xml?emailaddress=nobody', {}, /not a mail address/],
    ['/mail/apple.mobileconfig', {}, /not a mail address/],
    ['/autodiscover/autodiscover.json/v1.0/%ff?Protocol=AutodiscoverV1', {}, /not a mail address/],
    ['/autodiscover/autodiscover.xml', post(''), /There is no EMailAddress/],
    [
      '/autodiscover/autodiscover.xml',
      post('<!DOCTYPE a [<!ENTITY b "c">]>'),
      /Declarations and entities are not read/,
    ],
  ] as const) {
    const { status, text } = await ask(path, undefined, init);
    assert.equal(status, 400, path);
    assert.match(text, reason);
  }
  const { status } = await ask('/autodiscover/autodiscover.xml', undefined, post(' '.repeat(16_385)));
  assert.equal(status, 413);
});

test('a box without mail tells no settings', async () => {
  const site = siteOf(saying({ ...CLIENT_SETUP, domains: [], incoming: [], outgoing: [] }));
  assert.equal((await ask('/mail/config-v1.1.xml', 'autoconfig.office.example', {}, site)).status, 404);
  assert.equal(
    (await ask('/mail/config-v1.1.xml?emailaddress=a@office.example', 'admin', {}, site)).status,
    404,
  );
});

test('a box without mail leads Outlook nowhere, whatever it is called', async () => {
  const site = siteOf(saying({ ...CLIENT_SETUP, domains: [], incoming: [], outgoing: [] }));
  for (const host of ['admin.office.example', '192.168.1.1'])
    assert.equal((await ask('/autodiscover/autodiscover.xml', host, {}, site)).status, 404);
});

test('while the control API is away mail programs are told to come again', async () => {
  const away: ControlClient = { ...fakeControl(new FakeBox()), get: () => Promise.reject(new Error('gone')) };
  const { status, headers } = await ask('/mail/config-v1.1.xml', undefined, {}, siteOf(away));
  assert.deepEqual([status, headers.get('retry-after')], [503, '5']);
});

test("frontSite() leads browsers to the owner's page, by the names of the page only, and tells others where it is", async () => {
  const led = await ask('/a?b=c', 'admin.office.example');
  assert.deepEqual(
    [led.status, led.headers.get('location')],
    [302, 'http://admin.office.example:8080/a?b=c'],
  );
  const encrypted = await ask('https://admin.office.example/', 'Admin.Office.Example.');
  assert.equal(encrypted.headers.get('location'), 'https://admin.office.example:8443/');
  for (const host of ['www.office.example', 'evil.example', '192.168.77.1']) {
    const { status, text } = await ask('/', host);
    assert.equal(status, 404, host);
    assert.match(text, /the page of the box is at http:\/\/admin\.office\.example:8080\//);
  }
  assert.equal((await ask('/', 'admin', { method: 'POST' })).status, 404);
});

test('addClientSetup() leaves every other path to the site', async () => {
  const site = new Hono();
  addClientSetup(site, { client: fakeControl(new FakeBox()), hostNames });
  site.all('*', (c) => c.text('the site'));
  for (const [path, init] of [
    ['/', {}],
    ['/mail', {}],
    ['/mail/config-v1.1.xml', post('')],
    ['/autodiscover/autodiscover.svc', {}],
  ] as const)
    assert.equal((await ask(path, undefined, init, site)).text, 'the site', path);
});
