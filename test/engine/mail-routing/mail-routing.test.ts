import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MailDirectory } from '../../../src/engine/mail-routing/mail-directory.ts';
import { MOST_NESTING, MOST_RECIPIENTS, MailRouting } from '../../../src/engine/mail-routing/mail-routing.ts';

const DIRECTORY: MailDirectory = {
  users: ['alice', 'bob', 'carol', 'dora'],
  domains: ['office.example', 'xn--bro-hoa.example'],
  aliases: {
    Sales: ['alice', 'bob@office.example'],
    everybody: ['sales', 'CAROL', 'alice'],
    partners: ['alice', 'partner@elsewhere.example'],
    nested: ['partners', 'Partner@ELSEWHERE.example', 'other@elsewhere.example'],
    circle: ['round'],
    round: ['circle', 'bob'],
    carol: ['carol', 'alice'],
    dora: ['dora', 'dora@home.example'],
    twice: ['left', 'right'],
    left: ['dora'],
    right: ['dora'],
    nobody: ['ghost'],
    'shop+list': ['bob'],
    office: ['admin'],
    jürgen: ['bob'],
  },
};

function resolve(address: string, directory: MailDirectory = DIRECTORY): string {
  const route = new MailRouting(directory).resolve(address);
  return route.kind === 'here' ? [...route.users, ...route.outside].join(' ') : route.kind;
}

const CASES: readonly (readonly [rule: string, address: string, result: string])[] = [
  ['a user', 'alice@office.example', 'alice'],
  ['a user in any case (RFC 5321 §2.4)', 'ALICE@OFFICE.Example', 'alice'],
  ['a user with detail', 'alice+shop+2@office.example', 'alice'],
  ['a user as a Quoted-string', '"alice"@office.example', 'alice'],
  ['a user with needless backslashes', '"a\\lice"@office.example', 'alice'],
  ['a second domain', 'bob@xn--bro-hoa.example', 'bob'],
  ['an alias in any case', 'sAlEs@office.example', 'alice bob'],
  ['an alias with detail', 'sales+x@office.example', 'alice bob'],
  ['an alias that has a + itself', 'shop+list@office.example', 'bob'],
  ['an alias composed otherwise', 'ju\u0308rgen@office.example', 'bob'],
  ['nested aliases, each user once', 'everybody@office.example', 'alice bob carol'],
  ['an alias in a circle', 'circle@office.example', 'bob'],
  ['an alias that names itself: the user of that name', 'carol@office.example', 'carol alice'],
  ['a user who keeps and forwards', 'dora@office.example', 'dora dora@home.example'],
  ['an alias met on two ways, expanded once', 'twice@office.example', 'dora dora@home.example'],
  ['an outside member', 'partners@office.example', 'alice partner@elsewhere.example'],
  [
    'outside members, one in two spellings',
    'nested@office.example',
    'alice partner@elsewhere.example other@elsewhere.example',
  ],
  ['an outside domain', 'x@elsewhere.example', 'elsewhere'],
  ['a subdomain', 'alice@mail.office.example', 'elsewhere'],
  ['percent and bang tricks', 'x%elsewhere.example@office.example', 'unknown'],
  ['a second @', '"x@elsewhere.example"@office.example', 'unknown'],
  ['an unknown user', 'dave@office.example', 'unknown'],
  ['an alias without a user', 'nobody@office.example', 'unknown'],
  ['names of the language', '__proto__@office.example', 'unknown'],
  ['names of the language', 'constructor@office.example', 'unknown'],
  ['postmaster without an alias (RFC 5321 §4.5.1)', 'postmaster@office.example', 'alice'],
  ['postmaster without a domain', 'Postmaster', 'alice'],
  ['abuse (RFC 2142 §4)', 'abuse+spam@office.example', 'alice'],
  ['admin as a member, without a user of that name', 'office@office.example', 'alice'],
];

for (const [rule, address, result] of CASES) {
  test(`MailRouting.resolve() of ${address}: ${rule}`, () => {
    assert.equal(resolve(address), result);
  });
}

test('MailRouting gives the reserved names to admin, if there is one and the owner has not said otherwise (RFC 2142)', () => {
  const withAdmin = { ...DIRECTORY, users: ['alice', 'admin'] };
  assert.equal(resolve('postmaster@office.example', withAdmin), 'admin');
  assert.equal(resolve('abuse@office.example', { ...withAdmin, aliases: { abuse: ['alice'] } }), 'alice');
  const dangling = { ...DIRECTORY, aliases: { postmaster: ['ghost'] } };
  assert.equal(resolve('postmaster@office.example', dangling), 'alice');
  assert.equal(resolve('postmaster', { ...DIRECTORY, users: [], aliases: {} }), 'unknown');
});

test('MailRouting gives mail for nobody to the catch-all user, and to nobody else', () => {
  const directory = { ...DIRECTORY, catchAll: 'bob' };
  assert.equal(resolve('dave@office.example', directory), 'bob');
  assert.equal(resolve('nobody@office.example', directory), 'bob');
  assert.equal(resolve('postmaster@office.example', directory), 'alice');
  assert.equal(resolve('carol@office.example', directory), 'carol alice');
  assert.equal(resolve('x@elsewhere.example', directory), 'elsewhere');
  assert.equal(resolve('dave@office.example', { ...DIRECTORY, catchAll: 'ghost' }), 'unknown');
});

test('MailRouting follows so many nested aliases and says so at more, without following them', () => {
  const chain = (length: number): Record<string, string[]> =>
    Object.fromEntries(
      Array.from({ length }, (_, index) => [`a${index}`, [index + 1 < length ? `a${index + 1}` : 'bob']]),
    );
  const of = (length: number): string =>
    resolve('a0@office.example', { ...DIRECTORY, aliases: chain(length) });
  assert.deepEqual([of(MOST_NESTING), of(MOST_NESTING + 1), of(100_000)], ['bob', 'tangled', 'tangled']);
});

test('MailRouting sends to so many behind one address and says so at more', () => {
  const members = (count: number): string[] => Array.from({ length: count }, (_, n) => `x${n}@far.example`);
  const of = (count: number): string =>
    resolve('all@office.example', { ...DIRECTORY, aliases: { all: members(count) } });
  assert.equal(of(MOST_RECIPIENTS).split(' ').length, MOST_RECIPIENTS);
  assert.equal(of(MOST_RECIPIENTS + 1), 'tangled');
});

test('MailRouting does not work more than the aliases are long when they fan out at every level', () => {
  const levels = Array.from({ length: MOST_NESTING - 1 }, (_, level) => [
    `l${level}`,
    Array.from({ length: 200 }, () => `l${level + 1}`),
  ]);
  const aliases = { ...Object.fromEntries(levels), [`l${MOST_NESTING - 1}`]: ['bob'] };
  assert.equal(resolve('l0@office.example', { ...DIRECTORY, aliases }), 'bob');
});

test('MailRouting comes to an end, to known users and to each once for any aliases', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'alice', 'bob', 'a+b', 'x@office.example', 'y@out.example');
  const aliases = fc.dictionary(name, fc.array(name, { minLength: 1, maxLength: 5 }));
  fc.assert(
    fc.property(aliases, name, (aliases, local) => {
      const address = `${local.split('@')[0]}@office.example`;
      const route = new MailRouting({ ...DIRECTORY, aliases }).resolve(address);
      if (route.kind !== 'here') return;
      assert.ok(route.users.every((user) => DIRECTORY.users.includes(user)));
      assert.ok(route.users.length + route.outside.length > 0);
      assert.equal(new Set(route.users).size, route.users.length);
      assert.deepEqual(
        route.outside.filter((address) => address !== 'y@out.example'),
        [],
      );
      assert.ok(route.outside.length <= 1);
    }),
  );
});

test('MailRouting answers whatever it was asked before, with detail or without, as if it had not been', () => {
  const name = fc.constantFrom('a', 'b', 'a+b', 'b+a', 'alice', 'alice+a', 'y@out.example');
  const aliases = fc.dictionary(name, fc.array(name, { minLength: 1, maxLength: 4 }));
  const asked = fc.array(
    fc.constantFrom('a', 'b', 'a+b', 'a+c', 'a+b+c', 'b+a', 'alice', 'alice+x', 'ghost'),
  );
  fc.assert(
    fc.property(aliases, asked, (aliases, locals) => {
      const routing = new MailRouting({ ...DIRECTORY, aliases });
      for (const local of locals) {
        const fresh = new MailRouting({ ...DIRECTORY, aliases });
        assert.deepEqual(
          routing.resolve(`${local}@office.example`),
          fresh.resolve(`${local}@office.example`),
        );
      }
    }),
  );
});
