import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors.ts';
import { utf8 } from '../../../src/base/text.ts';
import type { MailboxSummary } from '../../../src/port/mailbox.ts';
import { People } from '../../../src/role/net/people.ts';
import { ConfigStore } from '../../../src/service/config-store.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';

const password = 'scrypt$1$1$1$a$b';
const ALICE = { user: 'alice', messages: 3, octets: 300 };

interface Office {
  readonly people: People;
  readonly store: ConfigStore;
  /** Whose mail was deleted. */
  readonly emptied: string[];
  readonly causes: string[];
}

/** Alice and bob, with this part of the configuration. */
async function officeWith(mail: object, mailboxes: readonly MailboxSummary[] = [ALICE]): Promise<Office> {
  const files = new MemoryFiles();
  await files.makeDirectory('config');
  const users = ['alice', 'bob'].map((name) => ({ name, password }));
  await files.replace('config/current.json', utf8(JSON.stringify({ version: 1, users, mail })));
  const options = { files, fileName: 'config/current.json', data: files, clock: new FakeClock() };
  const store = await ConfigStore.open(options);
  const [emptied, causes]: [string[], string[]] = [[], []];
  const people = new People({
    store,
    change: async (prepare, cause) => {
      await store.commit(prepare(), cause);
      causes.push(cause);
      return [];
    },
    mailboxes: () => mailboxes,
    emptyMailbox: (user) => {
      emptied.push(user);
      return Promise.resolve(3);
    },
  });
  return { people, store, emptied, causes };
}

const namesOf = ({ store }: Office): string[] => store.current.config.users.map(({ name }) => name);

test('removeUser() takes a person out and keeps the mailbox, unless its mail is to be deleted', async () => {
  const office = await officeWith({});
  assert.deepEqual(await office.people.removeUser('alice', false), { kept: 3, deleted: 0 });
  assert.deepEqual([namesOf(office), office.causes, office.emptied], [['bob'], ['user remove alice'], []]);
  assert.deepEqual(await office.people.removeUser('bob', true), { kept: 0, deleted: 3 });
  assert.deepEqual([namesOf(office), office.emptied], [[], ['bob']]);
});

test('removeUser() deletes what is left of somebody who is gone, and refuses who never was', async () => {
  const office = await officeWith({}, [ALICE, { user: 'carol', messages: 2, octets: 20 }]);
  await assert.rejects(office.people.removeUser('carol', false), /only the mailbox is left/);
  assert.deepEqual(await office.people.removeUser('carol', true), { kept: 0, deleted: 3 });
  await assert.rejects(office.people.removeUser('dave', true), /there is nobody of that name/);
  assert.deepEqual([office.emptied, office.causes], [['carol'], []]);
});

test('removeUser() refuses while mail of others leads to the person, and changes nothing', async () => {
  const cases = [
    [{ aliases: { sales: ['bob', 'alice'], info: ['alice'] } }, /mail for "sales", "info" goes there/],
    [{ catchAll: 'alice' }, /mail for names that do not exist goes there/],
  ] as const;
  for (const [mail, reason] of cases) {
    const office = await officeWith(mail);
    await assert.rejects(office.people.removeUser('alice', true), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, reason);
      return true;
    });
    assert.deepEqual([namesOf(office), office.emptied], [['alice', 'bob'], []]);
  }
});

test('removeUser() leaves an alias of the same name, which goes on without the copy', async () => {
  const office = await officeWith({ aliases: { alice: ['alice', 'a@home.example'], all: ['alice'] } });
  await office.people.removeUser('alice', false);
  assert.deepEqual(namesOf(office), ['bob']);
});
