import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Routing, type SmartHost } from '../../../src/engine/mail-queue/routing.ts';

const host = (name: string): SmartHost => ({
  host: name,
  port: 587,
  security: 'starttls',
  verify: true,
  login: undefined,
});

test('Routing takes the first rule that fits sender and recipient, and the hosts of the domain without one', () => {
  const routing = new Routing([
    { from: ['branch.example'], to: [], via: [host('branch-relay')] },
    { from: [], to: ['partner.example'], via: [] },
    { from: [], to: [], via: [host('relay'), host('second')] },
  ]);
  const kinds = [
    ['branch.example', 'partner.example'],
    ['office.example', 'partner.example'],
    ['', 'elsewhere.example'],
  ].map(([from = '', to = '']) => {
    const route = routing.routeFor(from, to);
    return route.kind === 'mx' ? route.domain : route.hosts.map((one) => one.host).join();
  });
  assert.deepEqual(kinds, ['branch-relay', 'partner.example', 'relay,second']);
  assert.equal(routing.needsSender, true);
  assert.deepEqual(new Routing([]).routeFor('', 'a.example'), {
    kind: 'mx',
    key: 'a.example',
    domain: 'a.example',
  });
});

test('Routing tells destinations apart by their hosts and logins: caps and failures are theirs', () => {
  const routing = new Routing([
    { from: [], to: ['a.example', 'b.example'], via: [host('relay')] },
    { from: [], to: ['c.example'], via: [{ ...host('relay'), login: { user: 'c', password: 'x' } }] },
  ]);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => routing.routeFor('', `${name}.example`).key);
  assert.equal(a, b);
  assert.notEqual(a, c);
});
