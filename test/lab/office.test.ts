import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { ADDRESSES, NAMES } from './addresses.ts';
import { HostDoor } from './host-door.ts';
import { Office } from './office.ts';
import { startReferenceRouter } from './reference-router.ts';

// The lab itself, with a router of reference tools in the place of the box: what fails here is not Gatepost's fault.
let office: Office;

before(async () => {
  office = await Office.create();
  await startReferenceRouter(office.box);
});

after(() => office.remove());

test('Office: dhclient and udhcpc configure their computers, and only those', async () => {
  const hostFile = readFileSync('/etc/resolv.conf', 'utf8');
  for (const pc of [office.pc1, office.pc2]) {
    pc.start();
    const lease = await pc.lease();
    assert.match(lease.address, /^192\.168\.77\./);
    assert.equal(lease.server, ADDRESSES.boxLan);
    assert.match(await pc.namespace.ip('route'), /default via 192\.168\.77\.1/);
    assert.match(await pc.namespace.ip('addr'), new RegExp(`inet ${lease.address}/24`));
    assert.match(readFileSync(pc.namespace.resolvConf, 'utf8'), /nameserver 192\.168\.77\.1/);
  }
  assert.equal(readFileSync('/etc/resolv.conf', 'utf8'), hostFile);
});

test('Office: the made-up Internet answers names, mail exchangers, reverse names, and nothing else', async () => {
  const dig = async (...question: string[]): Promise<string> =>
    (await office.hosts.world.output(['dig', '+short', ...question])).trim();
  assert.equal(await dig(NAMES.elsewhereWeb), ADDRESSES.world);
  assert.equal(await dig('-t', 'mx', NAMES.office), `10 ${NAMES.mailHost}.`);
  assert.equal(await dig('-x', ADDRESSES.isp), 'isp.example.');
  assert.match(await office.hosts.world.output(['dig', 'nowhere.example']), /status: NXDOMAIN/);
});

test('Office: a page reaches pc1 through NAT only, as the provider has no route to the LAN', async () => {
  const { namespace } = office.pc1;
  const seen = await namespace.output(['curl', '-sS', `http://${NAMES.elsewhereWeb}/address`]);
  assert.equal(seen.trim(), ADDRESSES.boxWan);
  await office.world.access.line(new RegExp(`^${ADDRESSES.boxWan} .*GET /address`, 'm'));
  assert.doesNotMatch(await office.hosts.isp.ip('route'), /192\.168|default/);
});

test('Office: the SMTP server of the world keeps what it is sent', async () => {
  const { world } = office;
  const to = `someone@${NAMES.elsewhere}`;
  await world.namespace.output(['swaks', '--to', to, '--server', NAMES.elsewhereMail, '--helo', 'pc']);
  assert.match(
    await world.namespace.output(['sh', '-c', `cat ${world.mailbox}/new/*`]),
    /This is a test mailing/,
  );
});

test('HostDoor leads from the loopback of the host into the lab', async () => {
  const target = { namespace: office.hosts.world, address: ADDRESSES.world, port: 80, hostPort: 0 };
  const door = await HostDoor.open(target);
  try {
    const answer = await fetch(`${door.url}address`, { headers: { connection: 'close' } });
    assert.equal((await answer.text()).trim(), ADDRESSES.world);
  } finally {
    door.close();
  }
});
