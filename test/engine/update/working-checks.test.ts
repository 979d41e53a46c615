import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  nodeOf,
  type Check,
  type Finding,
  failed,
  groupOf,
  ok,
  reportOf,
  unknown,
  warning,
} from '../../../src/engine/health/check.ts';
import { ailment, shortfall, workingChecks } from '../../../src/engine/update/working-checks.ts';
import type { HealthReport } from '../../../src/port/health-report.ts';

interface Findings {
  readonly wan?: Finding;
  readonly internet?: Finding;
  readonly dhcp?: Finding;
  readonly pop3?: Finding;
  readonly notice?: Finding;
  readonly store?: Finding;
  readonly sending?: Finding;
}

/** A small box: the WAN with the Internet behind it, DHCP on the LAN, a mail service, a notice. */
function report({ wan, internet, dhcp, pop3, notice, ...mail }: Findings = {}): HealthReport {
  const check = (name: string, finding: Finding | undefined, dependents: readonly Check[] = []): Check => ({
    name,
    finding: finding ?? ok('fine'),
    dependents,
  });
  return reportOf(
    groupOf('box', [
      groupOf('wan', [nodeOf(check('link', wan, [check('internet', internet)]))]),
      groupOf('lan', [nodeOf(check('devices', undefined, [check('dhcp', dhcp)]))]),
      groupOf('services', [nodeOf(check('pop3', pop3))]),
      ...(Object.keys(mail).length === 0
        ? []
        : [
            groupOf(
              'mail',
              Object.entries(mail).map(([name, finding]) => nodeOf(check(name, finding))),
            ),
          ]),
      groupOf('notices', [nodeOf(check('card', notice))]),
    ]),
  );
}

test('workingChecks() lists what is well by its path, and no notices', () => {
  assert.deepEqual(workingChecks(report({ pop3: warning('slow'), notice: warning('x') })), [
    'wan',
    'wan/link',
    'wan/link/internet',
    'lan',
    'lan/devices',
    'lan/devices/dhcp',
    'services',
    'services/pop3',
  ]);
});

test('workingChecks() counts nothing of the WAN when the Internet was already down', () => {
  assert.ok(
    workingChecks(report({ internet: failed('no answer') })).every((path) => !path.startsWith('wan')),
  );
  assert.ok(
    workingChecks(report({ wan: unknown('not asked yet') })).every((path) => !path.startsWith('wan')),
  );
});

test('shortfall() finds nothing when all is as before, or better', () => {
  const before = workingChecks(report({ pop3: failed('port taken') }));
  assert.equal(shortfall(before, report()), undefined);
  assert.equal(shortfall(before, report({ pop3: failed('port taken') })), undefined);
  assert.equal(shortfall(before, report({ dhcp: warning('pool nearly used up') })), undefined);
});

test('shortfall() names what worked before and does not now', () => {
  const before = workingChecks(report());
  assert.match(shortfall(before, report({ dhcp: failed('port taken') })) ?? '', /^lan.*port taken$/);
  assert.match(
    shortfall(before, report({ internet: unknown('not asked yet') })) ?? '',
    /^wan.*not asked yet$/,
  );
});

test('shortfall() passes over checks that have other names now, but not over a missing group', () => {
  assert.equal(shortfall(['lan', 'lan/old-check'], report()), undefined);
  assert.equal(shortfall(['mail', 'mail/store'], report()), 'There is no mail any more');
});

test('shortfall() without memory of before asks for the own checks of the box only', () => {
  assert.equal(shortfall(undefined, report({ internet: failed('no answer') })), undefined);
  assert.match(shortfall(undefined, report({ pop3: failed('port taken') })) ?? '', /^services/);
});

test('mail that nobody takes, and a damaged message, neither forbid an update nor undo one; a store that does not work does', () => {
  const store = ok('Messages are stored');
  const sending = failed('The relay refuses the password');
  assert.deepEqual(
    workingChecks(report({ store, sending: ok('fine') })).filter((path) => path.startsWith('mail')),
    ['mail/store'],
  );
  assert.equal(ailment(report({ store, sending })), undefined);
  assert.equal(
    shortfall(workingChecks(report({ store, sending: ok('fine') })), report({ store, sending })),
    undefined,
  );
  assert.equal(ailment(report({ store: failed('disk full'), sending })), 'mail store: disk full');
});

test('shortfall() lets the owner turn mail off meanwhile', () => {
  assert.equal(shortfall(workingChecks(report({ store: ok('fine') })), report()), undefined);
});

test('ailment() is the first own check that failed; the provider is no ailment', () => {
  assert.equal(ailment(report({ wan: failed('no carrier') })), undefined);
  assert.equal(ailment(report({ dhcp: failed('port taken') })), 'lan dhcp: port taken');
});
