import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { Days, Hours, Minutes } from '../../../src/base/duration.ts';
import { Timestamp, after } from '../../../src/base/instant.ts';
import { latin1 } from '../../../src/base/text.ts';
import { makeIdentity } from '../../fake/make-identity.ts';
import { OwnCertificates } from '../../../src/service/certificate/own-certificate.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

const HOST = 'mail.office.example';
const NAMES = { required: [HOST], all: [HOST], domains: ['office.example'] };
const TODAY = Timestamp(Date.UTC(2026, 10, 23, 8));
const NEVER_SET = Timestamp(20_000);
const IMAGE = Timestamp(Date.UTC(2026, 2, 1));
const FAR_AHEAD = Timestamp(Date.UTC(2106, 1, 7, 6));

/** A box that looks at its certificates every 10 minutes. */
class Box {
  readonly files = new MemoryFiles();
  readonly clock = new FakeClock();
  readonly log = new MemoryLog();
  #certificates: OwnCertificates;

  constructor(time: Timestamp) {
    this.clock.setWallTime(time);
    this.#certificates = this.#start();
  }

  #start(): OwnCertificates {
    const { files, clock, log } = this;
    return new OwnCertificates({ directory: 'tls', files, clock, log });
  }

  restart(time: Timestamp): void {
    this.clock.setWallTime(time);
    this.#certificates = this.#start();
  }

  /** What clients whose clocks are right see after some time. @returns the certificates, and whether the dates are good for them */
  async after(hours: number, realTime: Timestamp) {
    let own = await this.#certificates.ensure(NAMES);
    for (let left = hours * 6; left > 0; left--) {
      await this.clock.advance(Minutes(10));
      own = await this.#certificates.ensure(NAMES);
    }
    const leaf = new X509Certificate(own.identity.cert);
    const time = after(realTime, Hours(hours));
    const isGood = leaf.validFromDate.getTime() <= time && time < leaf.validToDate.getTime();
    return { own, isGood };
  }
}

for (const [name, start] of [
  ['in 1970', NEVER_SET],
  ['at the time of its image', IMAGE],
  ['80 years ahead', FAR_AHEAD],
] as const)
  test(`a certificate made ${name} is good for clients once the clock is set, by the authority they were told to trust`, async () => {
    const box = new Box(start);
    const first = await box.after(1, TODAY);
    assert.equal(first.isGood, start !== FAR_AHEAD);
    box.clock.setWallTime(TODAY);
    const set = await box.after(1, TODAY);
    assert.ok(set.isGood);
    assert.deepEqual(set.own.authority, first.own.authority);
  });

for (const [name, time] of [
  ['back to 1970', NEVER_SET],
  ['back to the time of the image', IMAGE],
  ['80 years ahead', FAR_AHEAD],
  ['ahead by 3 years', after(TODAY, Days(1096))],
] as const) {
  test(`a clock that jumps ${name} for hours changes nothing of what clients trust and see`, async () => {
    const box = new Box(TODAY);
    const first = await box.after(1, TODAY);
    box.clock.setWallTime(time);
    const wrong = await box.after(20, TODAY);
    assert.ok(wrong.isGood);
    assert.deepEqual(wrong.own.authority, first.own.authority);
    box.clock.setWallTime(TODAY);
    assert.ok((await box.after(1, TODAY)).isGood);
  });

  test(`a clock that is ${name} for days, over a restart, loses no authority that devices trust`, async () => {
    const box = new Box(TODAY);
    const first = await box.after(1, TODAY);
    box.clock.setWallTime(time);
    await box.after(48, TODAY);
    box.restart(time);
    await box.after(48, TODAY);
    box.clock.setWallTime(TODAY);
    // Only after a day it is clear that the clock stays.
    const { own, isGood } = await box.after(25, TODAY);
    assert.ok(isGood);
    assert.deepEqual(own.authority, first.own.authority);
    box.restart(TODAY);
    assert.deepEqual((await box.after(1, TODAY)).own, own);
  });
}

test('a box that starts 80 years ahead and is put right has its authority back with the next start, or a day later', async () => {
  const box = new Box(TODAY);
  const first = await box.after(1, TODAY);
  for (let turn = 0; turn < 3; turn++) {
    box.restart(FAR_AHEAD);
    await box.after(1, TODAY);
    box.restart(TODAY);
    assert.deepEqual((await box.after(0, TODAY)).own.authority, first.own.authority);
  }
  assert.match(box.log.text, /before the clock was wrong is in use again/);
});

test('a certificate of ten years that ended by a clock that was wrong comes back', async () => {
  const box = new Box(TODAY);
  const { key, cert } = makeIdentity(HOST, NEVER_SET);
  await box.files.makeDirectory('tls');
  await box.files.replace('tls/self-signed.pem', latin1(key + cert));
  assert.equal((await box.after(1, TODAY)).own.isFirstKind, true);
  box.clock.setWallTime(FAR_AHEAD);
  assert.equal((await box.after(20, TODAY)).own.isFirstKind, true);
  assert.equal((await box.after(20, TODAY)).own.isFirstKind, false);
  box.clock.setWallTime(TODAY);
  const { own } = await box.after(25, TODAY);
  assert.deepEqual([own.isFirstKind, own.identity.cert], [true, cert]);
});

test('a certificate that really nears its end is renewed in time, also by a box that was off for years', async () => {
  const box = new Box(TODAY);
  const first = await box.after(0, TODAY);
  const later = after(TODAY, Days(1200));
  box.restart(later);
  const { own, isGood } = await box.after(0, later);
  assert.ok(isGood);
  assert.deepEqual(own.authority, first.own.authority);
});
