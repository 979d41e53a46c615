import assert from 'node:assert/strict';
import type { Files } from '../../../src/port/files.ts';
import type { JournaledMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { wholeContent } from '../../fake/whole-content.ts';
import { type Errand, keyOf, nameOf } from './office-ledger.ts';
import { openStore } from './post-office.ts';

/** All that is on a disk of the office. */
export interface OfficeView {
  readonly mails: readonly {
    readonly user: string;
    readonly uid: string;
    readonly message: string;
    readonly content: Uint8Array;
  }[];
  readonly entries: readonly { readonly errand: Errand; readonly attempts: number }[];
  /** How often a message is with a user (`ann NAME`) or waits for an address (`<x@one.example> NAME`). */
  readonly counts: ReadonlyMap<string, number>;
}

type Named = Pick<OfficeView['mails'][number], 'message' | 'content'>;

/** Starts the office on a disk, as a box does, and looks at everything. */
export async function viewOffice(files: Files, users: readonly string[]): Promise<OfficeView> {
  const store = await openStore(files);
  assert.deepEqual(store.health().damage, []);
  return viewStore(store, users);
}

async function viewStore(store: JournaledMailStore, users: readonly string[]): Promise<OfficeView> {
  const mails: OfficeView['mails'][number][] = [];
  /** Messages read so far: one of several users is one in the store. */
  const known = new Map<string | number, Named>();
  for (const user of users) {
    const drop = await store.open(user);
    assert.ok(drop !== undefined);
    for (const { uid, size } of drop.messages) {
      const found: Named = known.get(uid) ?? named(await wholeContent(await drop.read(uid)));
      known.set(uid, found);
      assert.equal(size, found.content.length);
      mails.push({ user, uid, ...found });
    }
    drop.close();
  }
  const entries: OfficeView['entries'][number][] = [];
  for (const { id } of store.queue.entries()) {
    const entry = await store.queue.read(id);
    assert.ok(entry !== undefined);
    const found: Named =
      known.get(entry.message) ?? named(await wholeContent(await store.queue.readMessage(id)));
    known.set(entry.message, found);
    const errand = { message: found.message, address: entry.recipient.address };
    entries.push({ errand, attempts: entry.attempts });
  }
  const counts = new Map<string, number>();
  const places = [
    ...mails.map(({ user, message }) => `${user} ${message}`),
    ...entries.map(({ errand }) => keyOf(errand)),
  ];
  for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1);
  return { mails, entries, counts };
}

function named(content: Uint8Array): Named {
  return { message: nameOf(content), content };
}
