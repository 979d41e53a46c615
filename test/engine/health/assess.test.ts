import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Timestamp } from '../../../src/base/instant.ts';
import { assessHealth } from '../../../src/engine/health/assess.ts';
import type { HealthFacts, WanFacts } from '../../../src/engine/health/facts.ts';
import type { HealthNode } from '../../../src/port/health-report.ts';

const WAN: WanFacts = {
  status: {
    device: 'wan0',
    method: 'dhcp',
    link: 'up',
    state: 'BOUND',
    address: '203.0.113.50/24',
    gateway: '203.0.113.1',
    dnsServers: [],
    lease: {
      server: '203.0.113.1',
      obtained: '2026-01-15T12:00:00.000Z',
      tookMs: 12,
      expires: '2026-01-15T13:00:00.000Z',
    },
  },
  gateway: 'reachable',
  leaseProblem: null,
  internet: { state: 'reachable', reason: 'time.example (192.0.2.1) answers' },
};

const NEIGHBOUR = { address: '203.0.113.50', mac: '02:00:00:00:00:99' };

const WELL: HealthFacts = {
  wan: WAN,
  upstreams: [{ name: 'udp://192.0.2.53', answers: true }],
  lan: {
    status: {
      device: 'lan0',
      devices: [{ name: 'lan0', link: 'up' }],
      address: '192.168.77.1/24',
      pool: null,
    },
    addressConfigured: true,
    services: [
      { name: 'dhcp', ok: true, detail: '192.168.77.1 port 67' },
      { name: 'dns', ok: true, detail: '192.168.77.1 port 53' },
    ],
  },
  roles: [{ name: 'post', state: 'running', pid: 7, restarts: 0 }],
  services: [{ name: 'smtp', ok: true, detail: '0.0.0.0 port 25' }],
  mail: { problem: null, storage: undefined, troubles: [] },
  warnings: [],
};

function withWan(status: Partial<WanFacts['status']>, rest: Partial<WanFacts> = {}): HealthFacts {
  return { ...WELL, wan: { ...WAN, ...rest, status: { ...WAN.status, ...status } } };
}

/** The tree as indented lines of name and state. */
function lines(node: HealthNode, indent = ''): string[] {
  return [`${indent}${node.name} ${node.state}`, ...node.children.flatMap((one) => lines(one, `${indent} `))];
}

function find(node: HealthNode, name: string): HealthNode | undefined {
  if (node.name === name) return node;
  return node.children.map((one) => find(one, name)).find((found) => found !== undefined);
}

test('assessHealth() of a box that is well shows every check in its place', () => {
  const report = assessHealth(WELL);
  assert.deepEqual([report.ok, report.firstError], [true, null]);
  assert.deepEqual(lines(report.tree), [
    'box ok',
    ' wan ok',
    '  link ok',
    '   address ok',
    '    gateway ok',
    '     name servers ok',
    '      internet ok',
    ' lan ok',
    '  devices ok',
    '   address ok',
    '    dhcp ok',
    '    dns ok',
    ' roles ok',
    '  post ok',
    ' services ok',
    '  smtp ok',
    ' mail ok',
    '  store ok',
    '  sending ok',
  ]);
});

test('assessHealth() names the one cause and says of its consequences on what they depend', () => {
  const report = assessHealth(withWan({ link: 'down', address: null, lease: null }, { gateway: 'unknown' }));
  assert.equal(report.ok, false);
  assert.match(report.firstError ?? '', /^wan link: The device wan0 has no carrier/);
  for (const name of ['gateway', 'name servers', 'internet']) {
    const node = find(report.tree, name);
    assert.deepEqual([node?.state, node?.reason], ['unknown', 'Not checked: dependency "link" failed']);
  }
  const failures = lines(report.tree).filter((line) => line.endsWith('failed'));
  assert.deepEqual(failures, ['box failed', ' wan failed', '  link failed']);
});

test('assessHealth() finds each break of the WAN branch where it is', () => {
  const cases: readonly (readonly [HealthFacts, RegExp])[] = [
    [withWan({ link: 'missing' }), /^wan link: There is no device wan0$/],
    [withWan({ address: null, state: 'SELECTING' }), /^wan address: .*no DHCP server has answered$/],
    [
      withWan({ address: null, method: 'static', state: 'STATIC' }),
      /^wan address: No address is configured$/,
    ],
    [withWan({ gateway: null }), /^wan gateway: No gateway is known/],
    [withWan({}, { gateway: 'unreachable' }), /^wan gateway: 203\.0\.113\.1 answers neither/],
    [{ ...WELL, upstreams: [] }, /^wan name servers: .*dns\.upstreams.*wan\.useProviderDns/],
    [
      { ...WELL, upstreams: [{ name: 'udp://192.0.2.53', answers: false }] },
      /^wan name servers: None answers/,
    ],
    [
      withWan({}, { internet: { state: 'unreachable', reason: 'time.example cannot be resolved' } }),
      /^wan internet: time\.example cannot be resolved$/,
    ],
    [
      withWan({ link: 'missing' }, { problem: 'Cannot create the VLAN device wan0.7' }),
      /^wan link: Cannot create the VLAN device wan0\.7$/,
    ],
    [
      withWan({ address: null, state: 'INIT' }, { trouble: 'The server 203.0.113.1 refused the address' }),
      /^wan address: No address yet\. The server 203\.0\.113\.1 refused the address$/,
    ],
    [
      withWan({}, { unused: 'The provider gave 192.168.77.60/24, which the LAN overlaps' }),
      /^wan address: The provider gave 192\.168\.77\.60\/24, which the LAN overlaps$/,
    ],
    [
      withWan({ address: null, state: 'INIT' }, { conflict: NEIGHBOUR }),
      /^wan address: No address yet: 203\.0\.113\.50, which the provider gave, is in use by 02:00:00:00:00:99/,
    ],
  ];
  for (const [facts, expected] of cases) assert.match(assessHealth(facts).firstError ?? '', expected);
});

test('assessHealth() finds nothing wrong with the gateway while the address is being asked for', () => {
  const { firstError, tree } = assessHealth(withWan({ address: null, gateway: null, state: 'REBOOTING' }));
  assert.equal(firstError, null);
  assert.equal(find(tree, 'gateway')?.state, 'unknown');
});

test('assessHealth() finds each break of the rest where it is', () => {
  const { lan } = WELL;
  const missing = { ...lan.status, devices: [{ name: 'lan0', link: 'missing' as const }] };
  const cases: readonly (readonly [Partial<HealthFacts>, RegExp])[] = [
    [{ lan: { ...lan, status: missing } }, /^lan devices: There is no device lan0$/],
    [{ lan: { ...lan, addressConfigured: false } }, /^lan address: 192\.168\.77\.1\/24 is not configured/],
    [
      { lan: { ...lan, services: [{ name: 'dhcp', ok: false, detail: 'port 67 is taken' }] } },
      /^lan dhcp: port 67/,
    ],
    [
      { roles: [{ name: 'post', state: 'waiting', pid: null, restarts: 3 }] },
      /^roles post: .*restarted 3 times$/,
    ],
    [
      { services: [{ name: 'smtp', ok: false, detail: 'port 25 is taken' }] },
      /^services smtp: port 25 is taken$/,
    ],
    [
      { mail: { problem: 'the disk is full', storage: undefined, troubles: [] } },
      /^mail store: the disk is full$/,
    ],
  ];
  for (const [facts, expected] of cases) {
    assert.match(assessHealth({ ...WELL, ...facts }).firstError ?? '', expected);
  }
});

test('assessHealth() warns without failing', () => {
  const cases: readonly HealthFacts[] = [
    withWan({ state: 'REBINDING' }),
    withWan({}, { leaseProblem: 'Cannot write state/wan-lease.json: no space' }),
    { ...WELL, warnings: [{ name: 'leases', reason: 'Leases are not on the card: no space' }] },
    {
      ...WELL,
      upstreams: [
        { name: 'a', answers: true },
        { name: 'b', answers: false },
      ],
    },
    {
      ...WELL,
      lan: { ...WELL.lan, status: { ...WELL.lan.status, devices: [{ name: 'lan0', link: 'down' }] } },
    },
  ];
  for (const facts of cases) {
    const report = assessHealth(facts);
    assert.deepEqual([report.ok, report.firstError, report.tree.state], [true, null, 'warning']);
  }
});

test('assessHealth() tells each notice with its reason, and none without a cause', () => {
  const notices = (facts: Partial<HealthFacts>): string[] => {
    const { tree, ok } = assessHealth({ ...WELL, ...facts });
    assert.equal(ok, true);
    const children = tree.children.find(({ name }) => name === 'notices')?.children ?? [];
    return children.map(({ name, reason }) => `${name}: ${reason}`);
  };
  assert.deepEqual(notices({ firewallReduced: ['flow tables'] }), [
    'firewall: The kernel refuses a part of the rules, which work without it: flow tables',
  ]);
  assert.deepEqual(notices({ connections: { known: 60_000, limit: 65_536 } }), [
    'connections: The kernel follows 60000 of at most 65536 connections: when it is full, new ones are dropped',
  ]);
  assert.match(
    notices(withWan({}, { conflict: NEIGHBOUR })).join(),
    /^WAN address: The station 02:.*99 uses/,
  );
  const elsewhere = withWan({}, { conflict: { ...NEIGHBOUR, address: '203.0.113.51' } });
  assert.deepEqual(
    notices({
      mailboxes: [
        { user: 'alice', messages: 1, octets: 95 * 2 ** 20, quota: 100 * 2 ** 20 },
        { user: 'bob', messages: 1, octets: 90, quota: 100 },
        { user: 'eva', messages: 1, octets: 10, quota: null },
        { user: 'ida', messages: 0, octets: 0, quota: 0 },
      ],
    }),
    [
      'mailbox: The mailbox of alice is nearly full, 95M of 100M; "gatepost user quota alice SIZE" gives it another limit',
    ],
  );
  assert.deepEqual(notices({ ...elsewhere, connections: { known: 10, limit: 65_536 } }), []);
});

test('assessHealth() hangs the Internet below the gateway when no name servers are asked, and shows none when nobody is', () => {
  const alone = assessHealth({ ...WELL, upstreams: null });
  assert.deepEqual(
    find(alone.tree, 'gateway')?.children.map(({ name }) => name),
    ['internet'],
  );
  const off = withWan({}, { internet: { state: 'off', reason: 'No time server is configured' } });
  assert.equal(find(assessHealth(off).tree, 'internet'), undefined);
});

test('assessHealth() leaves out what is not part of the mode', () => {
  const report = assessHealth({ ...WELL, wan: null, upstreams: null, mail: null });
  assert.deepEqual(
    report.tree.children.map(({ name }) => name),
    ['lan', 'roles', 'services'],
  );
  const standAlone = assessHealth({ ...WELL, upstreams: null });
  assert.equal(find(standAlone.tree, 'name servers'), undefined);
});

test('assessHealth() fails exactly if some check failed, and every node says why', () => {
  const link = fc.constantFrom('up' as const, 'down' as const, 'missing' as const);
  const facts = fc.record({
    link,
    address: fc.boolean(),
    gateway: fc.boolean(),
    dns: fc.boolean(),
    lan: link,
  });
  fc.assert(
    fc.property(facts, (one) => {
      const wan = withWan(
        { link: one.link, address: one.address ? '203.0.113.50/24' : null, state: 'SELECTING' },
        { gateway: one.gateway ? 'reachable' : 'unreachable' },
      );
      const { tree, ok } = assessHealth({ ...wan, upstreams: [{ name: 'a', answers: one.dns }] });
      assert.equal(ok, one.link === 'up' && one.address && one.gateway && one.dns);
      const all = (node: HealthNode): HealthNode[] => [node, ...node.children.flatMap(all)];
      assert.ok(all(tree).every(({ reason }) => reason !== ''));
    }),
  );
});

test('assessHealth() warns of a clock that is not set, with what follows from it, for as long as it is so', () => {
  const at = (time: string): HealthFacts => ({ ...WELL, time: Timestamp(Date.parse(time)) });
  const clock = find(assessHealth(at('1970-01-01T00:03:00Z')).tree, 'clock');
  assert.equal(clock?.state, 'warning');
  assert.match(clock.reason, /^The clock is not set, it says 1970-01-01: connections whose certificates/);
  assert.deepEqual(find(assessHealth(at('1970-01-01T00:04:00Z')).tree, 'clock'), clock);
  assert.equal(assessHealth(at('1970-01-01T00:03:00Z')).ok, true);
  assert.equal(find(assessHealth(at('2026-11-22T12:00:00Z')).tree, 'clock'), undefined);
});

test('assessHealth() says the end of the lease of the WAN to the minute, and not by a clock that is not set', () => {
  const reason = (expires: string): string | undefined => {
    const lease = { server: '203.0.113.1', obtained: '2026-01-15T12:00:00.000Z', tookMs: 12, expires };
    return find(assessHealth(withWan({ lease })).tree, 'address')?.reason;
  };
  assert.equal(
    reason('2026-01-15T13:00:00.000Z'),
    '203.0.113.50/24, lease from 203.0.113.1, ends 2026-01-15 13:00 UTC',
  );
  assert.equal(reason('1970-01-01T12:00:00.000Z'), '203.0.113.50/24, lease from 203.0.113.1');
  assert.equal(reason('never'), '203.0.113.50/24, lease from 203.0.113.1, ends never');
});
