import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Minutes, Seconds } from '../../../src/base/duration.ts';
import type { SmartHost } from '../../../src/engine/mail-queue/routing.ts';
import { SessionError } from '../../../src/port/smtp-client.ts';
import type { Answer } from '../../fake/fake-smtp-client.ts';
import { OPTIONS, TestQueue } from './running-queue.ts';

const ELSEWHERE = 'elsewhere.example';
const [ANN, BOB, CY] = [`ann@${ELSEWHERE}`, `bob@${ELSEWHERE}`, `cy@${ELSEWHERE}`];

async function startWithTwo(answers: Readonly<Record<string, Answer>>): Promise<TestQueue> {
  const queue = await TestQueue.start();
  queue.names.domain(ELSEWHERE, '10 first.example 192.0.2.1', '20 second.example 192.0.2.2');
  queue.client.peers.set('192.0.2.1', { answer: (who) => answers[who] ?? 'deliver' });
  queue.client.peers.set('192.0.2.2', {});
  return queue;
}

function smartHost(host: string, password = 'secret'): SmartHost {
  return { host, port: 465, security: 'tls', verify: true, login: { user: 'office', password } };
}

function through(...via: readonly SmartHost[]): typeof OPTIONS {
  return { ...OPTIONS, rules: [{ from: [], to: [], via }] };
}

const REFUSED = new SessionError({ code: 535, enhanced: '5.7.8', text: 'Wrong' });

test('whom a host puts off the next one is asked for, and nobody else (RFC 5321 section 5.1)', async () => {
  const queue = await startWithTwo({ [ANN]: 'defer', [BOB]: 'fail' });
  await queue.accept('one', [ANN, BOB, CY]);
  await queue.quiet();
  assert.deepEqual(
    queue.client.received.map(({ host, recipient }) => [host, recipient]),
    [
      ['first.example', CY],
      ['second.example', ANN],
    ],
  );
  assert.equal((await queue.service.view()).total, 0);
});

test('a message whose end was never answered goes to no other host: the first may have taken it (RFC 1047)', async () => {
  const queue = await startWithTwo({ [ANN]: 'lost' });
  await queue.accept('one', [ANN]);
  await queue.quiet();
  assert.deepEqual(queue.client.dials, ['first.example opportunistic']);
  assert.equal((await queue.service.view()).total, 1);
});

test('a refusal by the next host does not end mail that the best one has put off', async () => {
  const queue = await startWithTwo({ [ANN]: 'defer' });
  queue.client.peers.set('192.0.2.2', { answer: () => 'fail' });
  await queue.accept('one', [ANN]);
  await queue.quiet();
  const [entry] = (await queue.service.view()).entries;
  assert.match(entry?.reason ?? '', /^450 4\.2\.0 Come back later \(first\.example\)$/);
  assert.deepEqual(await queue.mailbox('alice'), []);
});

test('the next host is asked also when the one before answered in a session that was left of another message', async () => {
  const queue = await startWithTwo({ [ANN]: 'defer' });
  await queue.accept('one', [CY]);
  await queue.quiet();
  await queue.accept('two', [ANN]);
  await queue.pass(Seconds(1), Seconds(1));
  assert.deepEqual(queue.receivedBy(ANN), ['two']);
  assert.deepEqual(queue.client.dials, ['first.example opportunistic', 'second.example opportunistic']);
});

test('a host that is gone with all of its many addresses does not keep the next one from being tried', async () => {
  const queue = await TestQueue.start();
  const gone = Array.from({ length: 12 }, (_, n) => `192.0.2.${100 + n}`);
  queue.names.domain(ELSEWHERE, `10 first.example ${gone.join(' ')}`, '20 second.example 192.0.2.2');
  queue.client.peers.set('192.0.2.2', {});
  await queue.accept('one', [ANN]);
  await queue.quiet();
  assert.deepEqual(queue.receivedBy(ANN), ['one']);
});

test('mail waits for a smart host whose name does not exist, and troubles() says why', async () => {
  const queue = await TestQueue.start({ queue: through(smartHost('typo.example')) });
  await queue.accept('one', [ANN]);
  await queue.pass(Minutes(40), Minutes(5));
  assert.deepEqual(await queue.mailbox('alice'), []);
  assert.equal((await queue.service.view()).total, 1);
  assert.match(
    (await queue.service.troubles())[0]?.reason ?? '',
    /^The smart host typo\.example:465 takes no mail, .* The mail host typo\.example has no address$/,
  );
});

test('a login that the owner puts right lets waiting mail go at once, and is no trouble any more', async () => {
  const queue = await TestQueue.start({ queue: through(smartHost('relay.example', 'wrong')) });
  queue.names.host('relay.example', '192.0.2.5');
  queue.client.peers.set('192.0.2.5', {
    open: ({ login }) => (login?.password === 'wrong' ? REFUSED : undefined),
  });
  await queue.accept('one', [ANN]);
  await queue.quiet();
  assert.equal((await queue.service.troubles()).length, 1);
  queue.service.setOptions(through(smartHost('relay.example', 'right')));
  assert.deepEqual(await queue.service.troubles(), []);
  await queue.quiet();
  assert.deepEqual(queue.receivedBy(ANN), ['one']);
});

test('troubles() tells of a smart host that refuses the login although a fall-back takes the mail, until it is used again', async () => {
  const queue = await TestQueue.start({
    queue: through(smartHost('relay.example'), smartHost('spare.example')),
  });
  queue.names.host('relay.example', '192.0.2.5');
  queue.names.host('spare.example', '192.0.2.6');
  queue.client.peers.set('192.0.2.5', { open: () => REFUSED });
  queue.client.peers.set('192.0.2.6', {});
  const trouble =
    'Mail goes by a fall-back, as a smart host does not take the login of the box: 535 5.7.8 Wrong (relay.example); user and password are in mail.smartHost';
  for (const subject of ['one', 'two in the same session']) {
    await queue.accept(subject, [ANN]);
    await queue.quiet();
    assert.deepEqual(await queue.service.troubles(), [{ isSevere: false, reason: trouble }]);
  }
  queue.client.peers.set('192.0.2.5', {});
  await queue.pass(Seconds(10), Seconds(10));
  await queue.accept('three', [ANN]);
  await queue.quiet();
  assert.deepEqual(await queue.service.troubles(), []);
});
