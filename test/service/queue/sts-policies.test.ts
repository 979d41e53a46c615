import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days, Minutes } from '../../../src/base/duration.ts';
import { utf8 } from '../../../src/base/text.ts';
import type { HttpsRequest, HttpsResponse } from '../../../src/port/https.ts';
import { SessionError } from '../../../src/port/smtp-client.ts';
import { StsPolicies } from '../../../src/service/queue/sts-policies.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeNames } from '../../fake/fake-names.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { TestQueue } from './running-queue.ts';

const ELSEWHERE = 'elsewhere.example';
const POLICY = 'version: STSv1\nmode: enforce\nmx: *.elsewhere.example\nmax_age: 86400\n';

/** Policies of one domain whose pages a test makes up. */
function start(files = new MemoryFiles()) {
  const [names, clock, log] = [new FakeNames(), new FakeClock(), new MemoryLog()];
  const fetched: HttpsRequest[] = [];
  const page: { value: Partial<HttpsResponse> | Error } = { value: {} };
  const https = {
    get: async (request: HttpsRequest): Promise<HttpsResponse> => {
      fetched.push(request);
      if (page.value instanceof Error) throw page.value;
      return { status: 200, contentType: 'text/plain', body: utf8(POLICY), ...page.value };
    },
  };
  names.host('mta-sts.elsewhere.example', '192.0.2.80');
  names.txt.set('_mta-sts.elsewhere.example', ['v=STSv1; id=1;']);
  return {
    policies: new StsPolicies({ names, https, files, clock, log }),
    names,
    clock,
    fetched,
    page,
    files,
  };
}

test('a policy is fetched once for each id, from the host and path of RFC 8461 section 3.3', async () => {
  const { policies, names, fetched } = start();
  assert.equal((await policies.policyOf(ELSEWHERE))?.mode, 'enforce');
  await policies.policyOf(ELSEWHERE);
  assert.deepEqual(
    fetched.map(({ host, path }) => host + path),
    ['mta-sts.elsewhere.example/.well-known/mta-sts.txt'],
  );
  names.txt.set('_mta-sts.elsewhere.example', ['v=STSv1; id=2;']);
  await policies.policyOf(ELSEWHERE);
  assert.equal(fetched.length, 2);
});

test('a policy holds until it expires, though the record is gone or nobody answers, also over a restart (section 5.1)', async () => {
  const files = new MemoryFiles();
  await files.makeDirectory('mail');
  await start(files).policies.policyOf(ELSEWHERE);
  const { policies, names, clock, page } = start(files);
  await policies.load();
  names.txt.clear();
  page.value = new Error('nobody there');
  assert.equal((await policies.policyOf(ELSEWHERE))?.mode, 'enforce');
  await clock.advance(Days(2));
  assert.equal(await policies.policyOf(ELSEWHERE), undefined);
});

for (const [name, value] of [
  ['another status', { status: 301 }],
  ['another type', { contentType: 'text/html' }],
  ['what is no policy', { body: utf8('hello') }],
  ['an error', new Error('certificate of somebody else')],
] as const) {
  test(`${name} is no policy, and is not asked for again within 5 minutes (section 3.3)`, async () => {
    const { policies, clock, fetched, page } = start();
    page.value = value;
    assert.equal(await policies.policyOf(ELSEWHERE), undefined);
    await policies.policyOf(ELSEWHERE);
    assert.equal(fetched.length, 1);
    await clock.advance(Minutes(6));
    await policies.policyOf(ELSEWHERE);
    assert.equal(fetched.length, 2);
  });
}

test('a damaged file of policies is passed over', async () => {
  for (const text of ['not JSON', '{}', '[{"domain": 1}]']) {
    const files = new MemoryFiles(new Map([['mail/mta-sts.json', utf8(text)]]));
    const { policies } = start(files);
    await policies.load();
    assert.equal((await policies.policyOf(ELSEWHERE))?.mode, 'enforce');
  }
});

test('under an enforced policy mail goes only to hosts it names, with a valid certificate, never in the open (section 5)', async () => {
  const { policies } = start();
  const queue = await TestQueue.start({ ports: { policyOf: (domain) => policies.policyOf(domain) } });
  queue.names.domain(ELSEWHERE, '10 mx.stranger.example 192.0.2.1', '20 mx.elsewhere.example 192.0.2.2');
  queue.client.peers.set('192.0.2.1', {});
  queue.client.peers.set('192.0.2.2', {
    open: ({ tls, verify }) =>
      tls === 'starttls' && verify
        ? new SessionError({ code: 0, enhanced: '4.7.5', text: 'Bad certificate' }, true)
        : undefined,
  });
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.quiet();
  assert.deepEqual(queue.client.dials, ['mx.elsewhere.example starttls']);
  assert.deepEqual(queue.client.received, []);
  assert.equal((await queue.service.view()).entries[0]?.reason, '4.7.5 Bad certificate');
});
