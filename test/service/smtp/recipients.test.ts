import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type MailDirectory, Recipients } from '../../../src/service/smtp/recipients.ts';

const DIRECTORY: MailDirectory = {
  users: ['alice', 'bob', 'carol'],
  domains: ['office.example', 'xn--bro-hoa.example'],
  aliases: {
    Sales: ['alice', 'bob@office.example'],
    everybody: ['sales', 'CAROL', 'alice'],
    partners: ['alice', 'partner@elsewhere.example'],
    nested: ['partners'],
    circle: ['round'],
    round: ['circle', 'bob'],
    carol: ['carol', 'alice'],
    nobody: ['ghost'],
    'shop+list': ['bob'],
  },
};

function resolve(address: string, directory: MailDirectory = DIRECTORY): string {
  const resolution = new Recipients(directory).resolve(address);
  return resolution.kind === 'users'
    ? resolution.users.join(' ')
    : `${resolution.reply.code} ${resolution.reply.enhanced}`;
}

const CASES: readonly (readonly [rule: string, address: string, result: string])[] = [
  ['a user', 'alice@office.example', 'alice'],
  ['a user in any case', 'ALICE@OFFICE.Example', 'alice'],
  ['a user with detail', 'alice+shop+2@office.example', 'alice'],
  ['a second domain', 'bob@xn--bro-hoa.example', 'bob'],
  ['an alias in any case', 'sAlEs@office.example', 'alice bob'],
  ['an alias with detail', 'sales+x@office.example', 'alice bob'],
  ['an alias that has a + itself', 'shop+list@office.example', 'bob'],
  ['nested aliases, each user once', 'everybody@office.example', 'alice bob carol'],
  ['an alias in a circle', 'circle@office.example', 'bob'],
  ['an alias that names itself: the user of that name', 'carol@office.example', 'carol alice'],
  ['an outside domain', 'x@elsewhere.example', '550 5.7.1'],
  ['a subdomain', 'alice@mail.office.example', '550 5.7.1'],
  ['percent and bang tricks', 'x%elsewhere.example@office.example', '550 5.1.1'],
  ['an unknown user', 'dave@office.example', '550 5.1.1'],
  ['an alias without a user', 'nobody@office.example', '550 5.1.1'],
  [
    'an alias with an outside member: none of it, or that copy would be lost',
    'partners@office.example',
    '550 5.3.3',
  ],
  ['an alias leading to one', 'nested@office.example', '550 5.3.3'],
  ['names of the language', '__proto__@office.example', '550 5.1.1'],
  ['names of the language', 'constructor@office.example', '550 5.1.1'],
  ['postmaster without an alias', 'postmaster@office.example', 'alice'],
  ['postmaster without a domain', 'Postmaster', 'alice'],
  ['abuse', 'abuse+spam@office.example', 'alice'],
];

for (const [rule, address, result] of CASES) {
  test(`Recipients.resolve() of ${address}: ${rule}`, () => {
    assert.equal(resolve(address), result);
  });
}

test('Recipients gives the reserved names to admin, if there is one and the owner has not said otherwise (RFC 2142)', () => {
  const withAdmin = { ...DIRECTORY, users: ['alice', 'admin'] };
  assert.equal(resolve('postmaster@office.example', withAdmin), 'admin');
  assert.equal(resolve('abuse@office.example', { ...withAdmin, aliases: { abuse: ['alice'] } }), 'alice');
  const dangling = { ...DIRECTORY, aliases: { postmaster: ['admin'] } };
  assert.equal(resolve('postmaster@office.example', dangling), 'alice');
  assert.equal(resolve('postmaster', { ...DIRECTORY, users: [], aliases: {} }), '550 5.1.1');
});

test('Recipients comes to an end and to known users for any aliases', () => {
  const name = fc.constantFrom(
    'a',
    'b',
    'c',
    'd',
    'alice',
    'bob',
    'a+b',
    'x@office.example',
    'y@out.example',
  );
  const aliases = fc.dictionary(name, fc.array(name, { minLength: 1, maxLength: 5 }));
  fc.assert(
    fc.property(aliases, name, (aliases, local) => {
      const resolution = new Recipients({ ...DIRECTORY, aliases }).resolve(
        `${local.split('@')[0]}@office.example`,
      );
      if (resolution.kind === 'refused') return;
      assert.ok(
        resolution.users.length > 0 && resolution.users.every((user) => DIRECTORY.users.includes(user)),
      );
      assert.equal(new Set(resolution.users).size, resolution.users.length);
    }),
  );
});
