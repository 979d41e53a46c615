import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConfigError, type Problem } from '../../src/base/errors.ts';
import { parseConfigText, readConfig } from '../../src/config/load.ts';

function problemsOf(value: unknown): readonly Problem[] {
  try {
    readConfig(value);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

const pathsOf = (value: unknown): string[] => problemsOf(value).map(({ path }) => path);

test('readConfig() needs nothing but the version: every other key has a default', () => {
  const config = readConfig({ version: 1 });
  assert.equal(config.mode, 'firewall');
  assert.equal(config.wan.device, 'wan0');
  assert.deepEqual(config.lan.devices, ['lan0']);
});

test('readConfig() reports every problem of form at once, with path, value found and what is wanted', () => {
  const problems = problemsOf({
    version: 1,
    mode: 'bridge',
    colour: 'red',
    lan: { address: '192.168.77' },
    dhcp: { leaseTime: 12 },
    web: { http: 0 },
  });
  assert.deepEqual(
    problems.map(({ path, found, wanted }) => `${path} | ${found} | ${wanted}`),
    [
      'mode | "bridge" | "firewall", "firewall-dmz", "router" or "lan-only"',
      'lan.address | "192.168.77" | an IPv4 prefix such as "192.168.77.1/24"',
      'dhcp.leaseTime | 12 | a duration such as "90s", "5m", "12h" or "7d"',
      'web.http | 0 | a port from 1 to 65535',
      'colour | an unknown key | no such key',
    ],
  );
});

test('readConfig() takes a domain of 189 characters, under which the longest label fits, and none longer (RFC 1035 §2.3.4)', () => {
  const domain = `${'a'.repeat(62)}.${'b'.repeat(62)}.${'c'.repeat(63)}`;
  assert.equal(domain.length, 189);
  assert.equal(readConfig({ version: 1, system: { domain } }).system.domain, domain);
  assert.deepEqual(
    problemsOf({ version: 1, system: { domain: `d${domain}` } }).map(
      ({ path, wanted }) => `${path} ${wanted}`,
    ),
    ['system.domain a domain name of at most 189 characters, for names of devices are made under it'],
  );
});

test('readConfig() shows what the owner wrote, at the place that is wrong, once', () => {
  assert.deepEqual(
    problemsOf({
      version: 1,
      system: { timeZone: 'Mars/Olympus' },
      wan: { ipv4: { method: 'pppoe' } },
      dns: { upstreams: 'udp://192.0.2.53' },
      mail: { maxMessage: '0M' },
    }).map(({ path, found, wanted }) => `${path} | ${found} | ${wanted}`),
    [
      'system.timeZone | "Mars/Olympus" | a time zone such as "Europe/Vienna"',
      'wan.ipv4.method | "pppoe" | "dhcp" or "static"',
      'dns.upstreams | "udp://192.0.2.53" | a list',
      'mail.maxMessage | "0M" | a size from "64K" on',
    ],
  );
  assert.deepEqual(pathsOf({ version: 1, system: { timeZone: 'Europe/Vienna' } }), []);
});

test('readConfig() says in the words of this project what is wanted in the place of any value of a wrong kind', () => {
  const full = {
    version: 1,
    lan: { devices: ['lan0'], gateway: '192.168.77.2' },
    wan: { ipv4: { method: 'static', address: '203.0.113.5/24', gateway: '203.0.113.1' } },
    firewall: {
      publicServices: ['smtp'],
      forwards: [{ name: 'web', protocol: 'tcp', port: '80', to: '192.168.77.9', from: ['203.0.113.0/24'] }],
      oneToOne: [{ name: 'mail', address: '203.0.113.60', to: '192.168.77.9' }],
      exposedHost: '192.168.77.9',
      blockedDevices: ['02:00:00:00:00:07'],
    },
    dhcp: {
      pool: { first: '192.168.77.10', last: '192.168.77.20' },
      exclude: ['192.168.77.11'],
      reservations: [{ mac: '02:00:00:00:00:01', address: '192.168.77.12', name: 'pc' }],
      options: [{ code: 66, type: 'text', value: 'tftp' }],
    },
    dns: {
      upstreams: ['udp://192.0.2.53'],
      records: [{ name: 'a', type: 'A', value: '192.168.77.9' }],
      rebindAllow: ['b.example'],
    },
    users: [{ name: 'alice', fullName: 'Alice', password: 'scrypt$', fetch: [] }],
    mail: {
      domains: ['a.example'],
      aliases: { info: ['alice'] },
      catchAll: 'alice',
      listeners: [{ service: 'smtp', allow: ['192.0.2.0/24'], deny: ['192.0.2.1/32'] }],
      relayFrom: ['lan'],
      hygiene: { blockLists: ['c.example'] },
    },
    time: { servers: ['t.example'] },
  };
  const wrong = [null, 1, 'x'.repeat(5000), '', [], [null], [[]], {}, { y: 1 }, true, 1e9, -1, 0.5];
  for (const key of Object.keys(full)) assert.equal(pathsOf({ version: 1, [key]: null })[0], key);
  for (const value of wrong) {
    for (const text of replacements(full, value)) {
      for (const { path, found, wanted } of problemsOf(JSON.parse(text))) {
        const sentence = `${path}: found ${found}, wanted ${wanted}`;
        assert.doesNotMatch(wanted, /^[A-Z]|another value/, sentence);
        assert.notEqual(wanted, '', sentence);
      }
    }
  }
});

/** The document with each of its values, one after the other, replaced by another. */
function* replacements(document: unknown, value: unknown): Generator<string> {
  yield JSON.stringify(value);
  if (typeof document !== 'object' || document === null) return;
  const copy = (key: string, inner: string): string => {
    const changed = { ...(document as Record<string, unknown>), [key]: JSON.parse(inner) as unknown };
    return JSON.stringify(Array.isArray(document) ? Object.values(changed) : changed);
  };
  for (const [key, one] of Object.entries(document))
    for (const inner of replacements(one, value)) yield copy(key, inner);
}

test('readConfig() reports problems between values beside problems of form, but none that a wrong part would invent', () => {
  const paths = pathsOf({
    version: 1,
    users: [{ name: 'alice', password: 'plain' }],
    web: { http: 25 },
    lan: { address: 'x' },
    dhcp: { pool: { first: '10.0.0.1', last: '10.0.0.9' }, leaseTime: '5s' },
  });
  assert.deepEqual(
    new Set(paths),
    new Set(['users[0].password', 'lan.address', 'web.http', 'dhcp.leaseTime']),
  );
});

test('readConfig() never repeats a password it refuses', () => {
  const [problem] = problemsOf({ version: 1, users: [{ name: 'alice', password: 'hunter2' }] });
  assert.equal(problem?.path, 'users[0].password');
  assert.equal(problem.found, '(hidden)');
  const [missing] = problemsOf({ version: 1, users: [{ name: 'alice' }] });
  assert.equal(missing?.found, 'nothing');
});

test('readConfig() refuses values that do not fit each other', () => {
  const forward = { name: 'camera', protocol: 'tcp', port: '8443', to: '192.168.77.20' };
  const refused: readonly (readonly [string, unknown])[] = [
    ['lan.address', { lan: { address: '192.168.77.0/24' } }],
    ['lan.address', { lan: { address: '192.168.77.1/31' } }],
    ['lan.devices', { lan: { devices: ['wan0'] } }],
    ['wan.ipv4.address', { wan: { ipv4: { method: 'static', address: '192.168.77.200/24' } } }],
    [
      'wan.ipv4.gateway',
      { wan: { ipv4: { method: 'static', address: '198.51.100.2/24', gateway: '203.0.113.1' } } },
    ],
    ['dhcp.pool.last', { dhcp: { pool: { first: '192.168.77.10', last: '192.168.78.20' } } }],
    ['dhcp.pool', { dhcp: { pool: { first: '192.168.77.30', last: '192.168.77.20' } } }],
    ['dhcp.leaseTime', { dhcp: { leaseTime: '5s' } }],
    [
      'dhcp.reservations[0].address',
      { dhcp: { reservations: [{ mac: '02:00:00:00:00:01', address: '192.168.77.1' }] } },
    ],
    ['firewall.forwards[0].to', { firewall: { forwards: [{ ...forward, to: '192.168.77.1' }] } }],
    ['firewall.forwards[0].to', { firewall: { forwards: [{ ...forward, to: '198.51.100.1' }] } }],
    [
      'firewall.forwards[0].port',
      { firewall: { publicServices: ['smtp'], forwards: [{ ...forward, port: '20-30' }] } },
    ],
    [
      'firewall.forwards[1].port',
      {
        firewall: { forwards: [forward, { ...forward, name: 'other', protocol: 'both', port: '8000-9000' }] },
      },
    ],
    ['firewall.forwards[1].name', { firewall: { forwards: [forward, { ...forward, port: '8444' }] } }],
    [
      'firewall.forwards[0].toPort',
      { firewall: { forwards: [{ ...forward, port: '8000-8010', toPort: 65530 }] } },
    ],
    ['mail.aliases.sales[0]', { mail: { aliases: { sales: ['nobody'] } } }],
    ['mail.aliases.sales@x.example', { mail: { aliases: { 'sales@x.example': ['a@b.example'] } } }],
    ['mail.aliases.sales', { mail: { aliases: { Sales: ['a@b.example'], sales: ['a@b.example'] } } }],
    ['mail.catchAll', { mail: { catchAll: 'nobody' } }],
    ['mail.listeners[0].service', { mail: { listeners: [{ service: 'imap' }] } }],
    ['mail.listeners[0].deny[0]', { mail: { listeners: [{ service: 'smtp', deny: ['x'] }] } }],
    [
      'mail.listeners[1].service',
      { mail: { listeners: [{ service: 'smtp' }, { service: 'smtp', deny: ['192.0.2.1/32'] }] } },
    ],
    ['web.http', { web: { http: 25 } }],
    ['web.https', { web: { https: 8080 } }],
    ['dhcp.options[0].code', { dhcp: { options: [{ code: 53, value: '01' }] } }],
    ['dns.records[0].value', { dns: { records: [{ name: 'printer', type: 'A', value: 'here' }] } }],
    ['dns.records[0].name', { dns: { records: [{ name: 'a..b', type: 'A', value: '192.168.77.9' }] } }],
    [
      'dns.records[0].ttl',
      { dns: { records: [{ name: 'printer', type: 'A', value: '192.168.77.9', ttl: '99999w' }] } },
    ],
  ];
  for (const [path, value] of refused)
    assert.deepEqual(pathsOf({ version: 1, ...(value as object) }), [path]);
});

test('readConfig() accepts two forwards of one port for different protocols', () => {
  const forward = { name: 'a', protocol: 'tcp', port: '5000', to: '192.168.77.20' };
  assert.deepEqual(
    pathsOf({ version: 1, firewall: { forwards: [forward, { ...forward, name: 'b', protocol: 'udp' }] } }),
    [],
  );
});

test('parseConfigText() says where a text stops being JSON', () => {
  assert.throws(() => parseConfigText('{ "version": 1, }'), ConfigError);
});

test('readConfig() throws only ConfigError, whatever JSON it is given', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        readConfig(value);
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
      }
    }),
  );
});

test('parseConfigText() says in which line the text is wrong, and quotes nothing that may be a secret', () => {
  for (const [text, line] of [
    ['{\n  "version": 1,\n  "password": geheimes\n}\n', 3],
    ['{\n  "version": 1,\n  "password": "x",\n  "key":\n    hunter2\n}\n', 5],
    ['geheimes', 1],
    ['{"a": "b\\"c", "password": geheimes "and" more }', 1],
  ] as const) {
    assert.throws(
      () => parseConfigText(text),
      ({ message }: Error) => {
        assert.match(message, new RegExp(`Unexpected token '.' in line ${line}\\)`));
        assert.doesNotMatch(message, /eheim|unter2|password/);
        return true;
      },
    );
  }
});
