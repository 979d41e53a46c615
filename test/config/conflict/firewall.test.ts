import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, type Problem } from '../../../src/base/errors.ts';
import { readConfig } from '../../../src/config/load.ts';

const CAMERA = { name: 'camera', protocol: 'tcp', port: '8443', to: '192.168.77.20' };

function problemsOf(owner: object): readonly Problem[] {
  try {
    readConfig({ version: 1, ...owner });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
}

/** The problems as the owner reads them. */
function sentences(owner: object): readonly string[] {
  return problemsOf(owner).map(({ path, found, wanted }) => `${path}: found ${found}, wanted ${wanted}`);
}

test('a forward beyond the LAN, or to the box, is refused with the nearest device that could be meant', () => {
  assert.deepEqual(sentences({ firewall: { forwards: [{ ...CAMERA, to: '192.168.78.20' }] } }), [
    'firewall.forwards[0].to: found "192.168.78.20", wanted a LAN device within 192.168.77.1/24 such as "192.168.77.254"',
  ]);
  assert.deepEqual(sentences({ firewall: { forwards: [{ ...CAMERA, to: '192.168.77.1' }] } }), [
    'firewall.forwards[0].to: found "192.168.77.1", wanted a LAN device other than the box, such as "192.168.77.2"',
  ]);
});

test('a forward of a port that another has is refused with the nearest free one', () => {
  const other = { ...CAMERA, name: 'other', port: '8440-8443' };
  assert.deepEqual(sentences({ firewall: { forwards: [CAMERA, other] } }), [
    'firewall.forwards[1].port: found tcp 8440-8443, wanted ports not used by firewall.forwards[0], such as "8444-8447"',
  ]);
});

test('the nearest free ports are found beyond all that are taken: above first, else below, else none is named', () => {
  const nearest = (ports: readonly string[], port: string): string | undefined => {
    const forwards = [...ports, port].map((one, n) => ({ ...CAMERA, name: `n${n}`, port: one }));
    const [, such] = /such as "(.*)"/.exec(sentences({ firewall: { forwards } }).join()) ?? [];
    return such;
  };
  assert.equal(nearest(['100-199', '201-300', '302-400'], '150'), '200');
  assert.equal(nearest(['100-199', '201-300', '302-400'], '150-151'), '401-402');
  assert.equal(nearest(['1000-65535', '900-998'], '2000'), '999');
  assert.equal(nearest(['1000-65535', '900-998'], '2000-2001'), '898-899');
  assert.equal(nearest(['1-65535'], '2000'), undefined);
});

test('forwards of one port stand beside each other for different protocols, for different senders, and while one is off', () => {
  const beside = (change: object): readonly string[] =>
    sentences({
      firewall: {
        forwards: [
          { ...CAMERA, from: ['198.51.100.0/24'] },
          { ...CAMERA, name: 'b', ...change },
        ],
      },
    });
  assert.deepEqual(beside({ protocol: 'udp' }), []);
  assert.deepEqual(beside({ from: ['203.0.113.0/24'] }), []);
  assert.deepEqual(beside({ enabled: false }), []);
  assert.equal(beside({ from: ['198.51.100.128/25'] }).length, 1);
  assert.equal(beside({}).length, 1);
});

test('a forward of a port that the box needs is refused: a public service, the DHCP client of the WAN', () => {
  const smtp = { ...CAMERA, port: '25' };
  assert.deepEqual(sentences({ firewall: { publicServices: ['smtp'], forwards: [smtp] } }), [
    'firewall.forwards[0].port: found tcp 25, wanted ports not used by firewall.publicServices "smtp", such as "26"',
  ]);
  assert.deepEqual(sentences({ firewall: { forwards: [smtp] } }), []);
  const client = { ...CAMERA, protocol: 'udp', port: '68' };
  assert.match(
    sentences({ firewall: { forwards: [client] } })[0] ?? '',
    /the DHCP client of the WAN, such as "69"/,
  );
  const wan = { ipv4: { method: 'static', address: '203.0.113.50/24' } };
  assert.deepEqual(sentences({ wan, firewall: { forwards: [client] } }), []);
});

test('a one-to-one address is one of the WAN, and neither address is used twice', () => {
  const entry = { name: 'mail', address: '203.0.113.60', to: '192.168.77.9' };
  const wan = { ipv4: { method: 'static', address: '203.0.113.60/24' } };
  assert.deepEqual(sentences({ firewall: { oneToOne: [entry] } }), []);
  const paths = (owner: object): readonly string[] => problemsOf(owner).map(({ path }) => path);
  assert.deepEqual(paths({ wan, firewall: { oneToOne: [entry] } }), ['firewall.oneToOne[0].address']);
  assert.deepEqual(paths({ firewall: { oneToOne: [{ ...entry, address: '192.168.77.30' }] } }), [
    'firewall.oneToOne[0].address',
  ]);
  assert.deepEqual(paths({ firewall: { oneToOne: [entry, entry] } }), [
    'firewall.oneToOne[1].address',
    'firewall.oneToOne[1].to',
    'firewall.oneToOne[1].name',
  ]);
});

test('a one-to-one address is one that a host can have: not the gateway, nor an end of the network, nor of a group', () => {
  const wan = { ipv4: { method: 'static', address: '203.0.113.50/24', gateway: '203.0.113.1' } };
  const wanted = (address: string): string => {
    const [problem, ...others] = problemsOf({
      wan,
      firewall: { oneToOne: [{ name: 'mail', address, to: '192.168.77.9' }] },
    });
    assert.equal(others.length, 0);
    assert.equal(problem?.path, 'firewall.oneToOne[0].address');
    return problem.wanted;
  };
  assert.match(wanted('203.0.113.1'), /other than that of wan\.ipv4\.gateway/);
  for (const end of ['203.0.113.0', '203.0.113.255'])
    assert.match(wanted(end), /neither the first nor the last/);
  for (const nobodys of ['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255'])
    assert.match(wanted(nobodys), /that one host can have/);
});

test('a range of more ports than the kernel is given one by one may not be shifted, and is named with what may', () => {
  const range = { ...CAMERA, port: '20000-21024' };
  assert.deepEqual(sentences({ firewall: { forwards: [{ ...range, toPort: 30_000 }] } }), [
    'firewall.forwards[0].port: found "20000-21024", wanted at most 1024 ports that lead to others, such as "20000-21023"; with toPort null a range of any length keeps its ports',
  ]);
  for (const harmless of [{}, { toPort: 20_000 }, { toPort: 30_000, enabled: false }])
    assert.deepEqual(sentences({ firewall: { forwards: [{ ...range, ...harmless }] } }), []);
});

test('an exposed host is a LAN device', () => {
  assert.match(
    sentences({ firewall: { exposedHost: '192.168.77.1' } })[0] ?? '',
    /^firewall\.exposedHost: .*other than the box/,
  );
});

test('a device is blocked by MAC address, or by the name of its reservation, which has to exist', () => {
  const dhcp = { reservations: [{ mac: '02:00:00:00:00:20', address: '192.168.77.20', name: 'Camera' }] };
  assert.deepEqual(sentences({ dhcp, firewall: { blockedDevices: ['camera', '02-00-00-00-00-07'] } }), []);
  assert.deepEqual(sentences({ dhcp, firewall: { blockedDevices: ['camra'] } }), [
    'firewall.blockedDevices[0]: found "camra", wanted a MAC address, or the name of a device in dhcp.reservations (camera)',
  ]);
});

test('2000 forwards are looked through in less than the time anybody would notice', () => {
  const forwards = Array.from({ length: 2000 }, (_, index) => ({
    ...CAMERA,
    name: `f${index}`,
    port: String(1000 + index * 2),
  }));
  assert.deepEqual(sentences({ firewall: { forwards } }), []);
});
