import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { KernelError } from '../../src/base/errors.ts';
import { patiently, takenPort } from '../../src/role/patience.ts';

const refusal = (errno: string): KernelError => new KernelError('listen', errno);

/** Lets seconds of the mocked clock pass, with time for what waits for no clock in between. */
async function pass(t: TestContext, seconds: number): Promise<void> {
  for (let tenths = 0; tenths < seconds * 10; tenths++) {
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(100);
  }
}

test('patiently() tries again while an address is taken or not there yet', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const refusals = [refusal('EADDRINUSE'), refusal('EADDRNOTAVAIL')];
  let tries = 0;
  const result = patiently(async () => {
    tries++;
    const error = refusals.shift();
    if (error !== undefined) throw error;
    return 'open';
  });
  await pass(t, 1);
  assert.equal(await result, 'open');
  assert.equal(tries, 3);
});

test('patiently() gives up after a while with what was thrown last', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let tries = 0;
  const result = patiently(async () => {
    tries++;
    throw refusal(tries === 1 ? 'EADDRNOTAVAIL' : 'EADDRINUSE');
  });
  const refused = assert.rejects(result, /EADDRINUSE/);
  await pass(t, 10);
  await refused;
  assert.ok(tries > 10, `${tries} tries`);
});

test('takenPort() is the sentence about a port that another program has, and of no other failure', () => {
  assert.equal(takenPort(refusal('EADDRINUSE')), 'Cannot listen: EADDRINUSE');
  for (const error of [refusal('EACCES'), refusal('EADDRNOTAVAIL'), new Error('EADDRINUSE'), undefined])
    assert.equal(takenPort(error), undefined);
});

test('patiently() does not try again what waiting does not help', async () => {
  for (const error of [refusal('EACCES'), new Error('EADDRINUSE')]) {
    let tries = 0;
    await assert.rejects(
      patiently(() => {
        tries++;
        return Promise.reject(error);
      }),
      error,
    );
    assert.equal(tries, 1);
  }
});
