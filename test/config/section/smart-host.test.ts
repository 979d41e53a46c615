import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../src/base/errors.ts';
import { readConfig } from '../../../src/config/load.ts';
import { mailRoutes } from '../../../src/role/net/mail-routes.ts';

function problemsOf(smartHost: unknown): string[] {
  try {
    readConfig({ version: 1, mail: { smartHost } });
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ path, found, wanted }) => `${path} | ${found} | ${wanted}`);
  }
  return [];
}

test('a smart host needs only its name; the port follows from the encryption', () => {
  const ports = ['starttls', 'tls', 'none'].map((security) => {
    const { mail } = readConfig({ version: 1, mail: { smartHost: { host: 'Relay.example', security } } });
    const [route] = mailRoutes(mail);
    return `${route?.via[0]?.host} ${route?.via[0]?.port}`;
  });
  assert.deepEqual(ports, ['relay.example 587', 'relay.example 465', 'relay.example 25']);
});

test('a password without a name, a name without a password, and a login in the open are refused', () => {
  assert.deepEqual(problemsOf({ host: 'relay.example', user: 'office' }), [
    'mail.smartHost.password | nothing | a password to go with the name',
  ]);
  assert.deepEqual(problemsOf({ host: 'relay.example', password: 'secret' }), [
    'mail.smartHost.user | nothing | a name to go with the password',
  ]);
  assert.deepEqual(problemsOf({ host: '192.168.77.9', user: 'a', password: 'secret', security: 'none' }), [
    'mail.smartHost.security | "none" | "starttls" or "tls": a password is not sent in the open',
  ]);
});

test('no refusal shows a password', () => {
  const server = { host: 'relay.example', user: 'office', password: 'hunter2' };
  for (const wrong of [
    [server],
    { ...server, colour: 'red' },
    { ...server, port: 0 },
    { fallbacks: server },
    { rules: [{ servers: server }] },
  ]) {
    const problems = problemsOf(wrong);
    assert.ok(problems.length > 0);
    assert.doesNotMatch(problems.join(), /hunter2/);
  }
});

test('rules come first, the relay and its fall-backs take the rest; without a relay the rest goes directly', () => {
  const rules = [
    { to: ['a.example'], servers: [] },
    { from: ['b.example'], servers: [{ host: 'b-relay.example' }] },
  ];
  const routesOf = (smartHost: unknown): string[] =>
    mailRoutes(readConfig({ version: 1, mail: { smartHost } }).mail).map(
      ({ from, to, via }) => `${from.join()}>${to.join()}:${via.map(({ host }) => host).join()}`,
    );
  assert.deepEqual(routesOf({ host: 'relay.example', fallbacks: [{ host: 'second.example' }], rules }), [
    '>a.example:',
    'b.example>:b-relay.example',
    '>:relay.example,second.example',
  ]);
  assert.deepEqual(routesOf({ rules }), ['>a.example:', 'b.example>:b-relay.example', '>:']);
  assert.deepEqual(routesOf(null), []);
});
