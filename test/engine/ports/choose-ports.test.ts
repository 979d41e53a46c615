import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Mac, parseMac } from '../../../src/base/mac.ts';
import { type FreePort, PORT_ROLES, choosePorts } from '../../../src/engine/ports/choose-ports.ts';

const mac = (number: number): Mac => parseMac(`02:00:00:00:00:0${number}`);
const port = (number: number, answered = false): FreePort => ({
  name: `eth${number}`,
  mac: mac(number),
  answered,
});

function chosen(...ports: readonly FreePort[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    choosePorts(PORT_ROLES, ports).map(({ role, port: { name }, because }) => [role, `${name} ${because}`]),
  );
}

test('choosePorts() makes the port where a DHCP server answers the WAN', () => {
  assert.deepEqual(chosen(port(0), port(1, true)), { wan: 'eth1 answer', lan: 'eth0 only-one-left' });
  assert.deepEqual(chosen(port(0), port(1), port(2, true)), { wan: 'eth2 answer', lan: 'eth0 no-answer' });
});

test('choosePorts() makes the first port the WAN when servers answer on several or none, and says which of both', () => {
  assert.deepEqual(chosen(port(0, true), port(1, true)), {
    wan: 'eth0 several-answers',
    lan: 'eth1 only-one-left',
  });
  assert.equal(chosen(port(0), port(1, true), port(2, true))['wan'], 'eth1 several-answers');
  assert.deepEqual(chosen(port(0), port(1)), { wan: 'eth0 no-answer', lan: 'eth1 only-one-left' });
});

test('choosePorts() leaves a single port to the office, and gives a second one the role that is free', () => {
  assert.deepEqual(chosen(port(0, true)), { lan: 'eth0 only-one-left' });
  assert.deepEqual(chosen(), {});
  const [only] = choosePorts(['wan'], [port(1)]);
  assert.deepEqual([only?.role, only?.port.name], ['wan', 'eth1']);
});

test('choosePorts() never gives a port two roles, nor a role two ports', () => {
  const ports = fc
    .array(fc.boolean(), { maxLength: 8 })
    .map((all) => all.map((answered, at) => port(at, answered)));
  fc.assert(
    fc.property(ports, fc.subarray([...PORT_ROLES]), (free, roles) => {
      const result = choosePorts(roles, free);
      assert.equal(new Set(result.map(({ port: { mac } }) => mac)).size, result.length);
      assert.equal(new Set(result.map(({ role }) => role)).size, result.length);
      assert.ok(result.every(({ role }) => roles.includes(role)));
      assert.equal(
        result.length,
        free.length === 1 ? Math.min(roles.length, 1) : Math.min(roles.length, free.length),
      );
    }),
  );
});
