import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { LeaseNames } from '../../../src/engine/dns-zone/lease-names.ts';
import { parseDomainName } from '../../../src/wire/dns/domain-name.ts';

const DOMAIN = parseDomainName('office.example');
const at = (last: number): Ipv4 => Ipv4(parseIpv4('192.168.77.0') + last);
const name = (label: string): ReturnType<typeof parseDomainName> =>
  parseDomainName(`${label}.office.example`);

test('LeaseNames gives a name that is freed to the client that waited for it longest', () => {
  const names = new LeaseNames(DOMAIN);
  for (const last of [20, 21, 22]) names.set('pc', at(last));
  assert.equal(names.addressOf(name('pc')), at(20));
  assert.equal(names.problemOf(at(20)), undefined);
  assert.equal(names.problemOf(at(21)), 'pc.office.example is the name of 192.168.77.20 already');
  names.delete(at(20));
  assert.equal(names.addressOf(name('pc')), at(21));
  assert.equal(names.problemOf(at(21)), undefined);
  assert.equal(names.problemOf(at(22)), 'pc.office.example is the name of 192.168.77.21 already');
  names.set('laptop', at(21));
  assert.equal(names.nameOf(at(22)), name('pc'));
  assert.equal(names.nameOf(at(21)), name('laptop'));
});

test('LeaseNames leaves the first its name, however often others ask and it says it again', () => {
  const names = new LeaseNames(DOMAIN);
  names.set('pc', at(20));
  names.set('pc', at(21));
  names.set('PC', at(20));
  names.set('pc', at(21));
  assert.equal(names.addressOf(name('pc')), at(20));
});

test('LeaseNames keeps a reserved name for its address, also while nobody is there', () => {
  const names = new LeaseNames(DOMAIN);
  names.set('camera', at(19));
  names.setReserved([{ name: name('camera'), address: at(50) }]);
  assert.equal(names.nameOf(at(19)), undefined);
  assert.deepEqual(names.set('camera', at(20)), {
    granted: false,
    reason: 'camera.office.example is reserved for 192.168.77.50',
  });
  assert.equal(names.addressOf(name('camera')), undefined);
  assert.ok(names.set('camera', at(50)).granted);
  names.delete(at(50));
  assert.equal(names.addressOf(name('camera')), undefined);
  names.setReserved([]);
  assert.equal(names.addressOf(name('camera')), at(19));
});

test('LeaseNames takes a name back that becomes one of the box, and gives it again when it is not any more', () => {
  const names = new LeaseNames(DOMAIN);
  names.set('mail', at(20));
  names.setTaken(new Set([name('mail')]));
  assert.equal(names.addressOf(name('mail')), undefined);
  assert.equal(names.problemOf(at(20)), 'mail.office.example is a name of the box or of a static record');
  names.setTaken(new Set());
  assert.equal(names.addressOf(name('mail')), at(20));
});

test('LeaseNames gives no client a name that programs look for by themselves, unless the owner reserved it', () => {
  const names = new LeaseNames(DOMAIN);
  names.setReserved([{ name: name('autoconfig'), address: at(50) }]);
  for (const label of ['wpad', 'ISATAP', 'autodiscover', 'autoconfig'])
    assert.match(
      names.set(label, at(20)).granted ? '' : (names.problemOf(at(20)) ?? ''),
      /programs look for/,
    );
  assert.ok(names.set('autoconfig', at(50)).granted);
});

test('LeaseNames says why a text makes no name, and nothing of clients that want none', () => {
  const names = new LeaseNames(DOMAIN);
  names.set('---', at(20));
  assert.equal(names.problemOf(at(20)), '"---" holds no character a host name can have');
  assert.equal(names.problemOf(at(21)), undefined);
  names.delete(at(20));
  assert.equal(names.problemOf(at(20)), undefined);
});

test('LeaseNames holds MOST_NAMES clients and refuses more', () => {
  const names = new LeaseNames(DOMAIN);
  for (let n = 0; n < 4096; n++) assert.ok(names.set(`pc${n}`, at(n)).granted);
  assert.ok(!names.set('one-more', at(5000)).granted);
  assert.ok(names.set('renamed', at(1)).granted);
  names.delete(at(2));
  assert.ok(names.set('one-more', at(5000)).granted);
});

test('LeaseNames: a name is the first’s of those who want it now, whatever came and went', () => {
  const change = fc.record({ last: fc.nat(6), label: fc.constantFrom('a', 'b', 'www', undefined) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const names = new LeaseNames(DOMAIN);
      names.setTaken(new Set([name('www')]));
      // The plain rule: who wants what, in the order in which it was first said.
      let wishes: { last: number; label: string }[] = [];
      for (const { last, label } of changes) {
        const same = wishes.some((wish) => wish.last === last && wish.label === label);
        if (!same) wishes = wishes.filter((wish) => wish.last !== last);
        if (label === undefined) names.delete(at(last));
        else names.set(label, at(last));
        if (label !== undefined && !same) wishes.push({ last, label });
        for (const one of ['a', 'b']) {
          const first = wishes.find((wish) => wish.label === one);
          assert.equal(names.addressOf(name(one)), first && at(first.last));
        }
        assert.equal(names.addressOf(name('www')), undefined);
      }
    }),
  );
});
