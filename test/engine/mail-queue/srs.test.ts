import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Days } from '../../../src/base/duration.ts';
import { Timestamp, after } from '../../../src/base/instant.ts';
import { SenderRewriting } from '../../../src/engine/mail-queue/srs.ts';

const NOW = Timestamp(Date.UTC(2026, 0, 15, 12));
const withKey = (key: string) => (text: string) => createHmac('sha256', key).update(text).digest();
const here = new SenderRewriting('office.example', withKey('one'));
const second = new SenderRewriting('second.example', withKey('two'));
const third = new SenderRewriting('third.example', withKey('three'));
const localOf = (address: string): string => address.slice(0, address.lastIndexOf('@'));

test('SenderRewriting brings a sender under its own domain and back', () => {
  const rewritten = here.rewrite('ann+x=y@elsewhere.example', NOW);
  assert.match(rewritten, /^SRS0=[a-z2-7]{6}=[a-z2-7]{2}=elsewhere\.example=ann\+x=y@office\.example$/);
  assert.equal(here.reverse(localOf(rewritten), NOW), 'ann+x=y@elsewhere.example');
});

test('an address that a host on the way has put into small letters still finds back', () => {
  const local = localOf(here.rewrite('Ann@elsewhere.example', NOW)).toLowerCase();
  assert.equal(here.reverse(local, NOW), 'ann@elsewhere.example');
});

test('bounces of mail that three hosts passed on go to the first of them, and from there to the sender', () => {
  const first = here.rewrite('ann@elsewhere.example', NOW);
  const passed = third.rewrite(second.rewrite(first, NOW), NOW);
  assert.match(passed, /^SRS1=[a-z2-7]{6}=office\.example==[^@]*@third\.example$/);
  const back = third.reverse(localOf(passed), NOW);
  assert.equal(back, first);
  assert.equal(here.reverse(localOf(back ?? ''), NOW), 'ann@elsewhere.example');
});

test('an address is nobody’s after 21 days, with another key, or made up: nobody sends through it', () => {
  const local = localOf(here.rewrite('ann@elsewhere.example', NOW));
  assert.equal(here.reverse(local, after(NOW, Days(21))), 'ann@elsewhere.example');
  assert.equal(here.reverse(local, after(NOW, Days(22))), undefined);
  assert.equal(second.reverse(local, NOW), undefined);
  assert.equal(here.reverse(local.replace('=ann', '=bob'), NOW), undefined);
  for (const text of ['alice', 'SRS0', 'SRS0=', 'SRS1=x=y=z', 'srs0=aaaaaa=aa=elsewhere.example=ann']) {
    assert.equal(here.reverse(text, NOW), undefined);
  }
});

test('rewrite() and reverse() are inverses for every sender, and reverse() takes any text', () => {
  const part = fc.stringMatching(/^[a-z0-9.+=_-]{1,30}$/);
  fc.assert(
    fc.property(part, part, fc.string(), (local, domain, text) => {
      const sender = `${local}@${domain.replaceAll('=', '-')}`;
      fc.pre(!/^srs[01][=+-]/i.test(local));
      assert.equal(here.reverse(localOf(here.rewrite(sender, NOW)), NOW), sender);
      assert.equal(here.reverse(text, NOW), undefined);
    }),
  );
});

test('bounces find back though the clock was not set when the mail went, or when they come, or was put back by days', () => {
  const times = [Timestamp(20_000), Timestamp(Date.UTC(1970, 5, 1)), NOW, after(NOW, Days(-20))];
  for (const sent of times)
    for (const back of times) {
      const local = localOf(here.rewrite('ann@elsewhere.example', sent));
      assert.equal(here.reverse(local, back), 'ann@elsewhere.example');
      assert.equal(second.reverse(local, back), undefined);
      assert.equal(here.reverse(local.replace('=ann', '=bob'), back), undefined);
    }
});

test('an address of a clock that was set takes the day of no other: what was not dated is not a date', () => {
  const local = localOf(here.rewrite('ann@elsewhere.example', after(NOW, Days(-100))));
  assert.equal(here.reverse(local.replace(/^(SRS0=[^=]+)=../, '$1=00'), NOW), undefined);
});
