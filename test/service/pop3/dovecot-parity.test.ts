import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { Comparison } from './compare-answers.ts';
import { DIFFERENCES } from './dovecot-differences.ts';
import { Dovecot } from './dovecot.ts';
import { type GeneratedSession, generatedSession } from './generated-sessions.ts';
import { Oracle } from './oracle.ts';
import { SCRIPTED } from './scripted-sessions.ts';

// Dovecot's pop3d as the oracle: the same mail and the same octets from the client, replies compared command by command, and what is left in the mailbox.
const SESSIONS = Number(process.env['GATEPOST_POP3_SESSIONS'] ?? 150);
const options = Dovecot.hindrance === undefined ? {} : { skip: Dovecot.hindrance };

let oracle: Oracle | undefined;
const used = new Set<string>();

before(async () => {
  if (Dovecot.hindrance === undefined) oracle = await Oracle.start();
});
after(() => oracle?.[Symbol.asyncDispose]());

async function compare(session: GeneratedSession): Promise<Comparison> {
  if (oracle === undefined) throw new Error('Cannot compare: Dovecot did not start');
  const comparison = await oracle.run(session);
  for (const id of comparison.explained) used.add(id);
  assert.deepEqual(comparison.unknown, []);
  return comparison;
}

for (const [name, session] of Object.entries(SCRIPTED)) {
  test(`POP3 answers like Dovecot, but for explained differences: ${name}`, options, async () => {
    await compare(session);
  });
}

test('Every explained difference is still there', options, () => {
  assert.deepEqual(
    DIFFERENCES.map(({ id }) => id).filter((id) => !used.has(id)),
    [],
  );
});

test('POP3 answers like Dovecot wherever what the client sends is cut', options, async () => {
  const session: GeneratedSession = {
    messages: ['A: 1\r\n\r\n.\r\nx', 'B: 2\r\n\r\n'],
    commands: ['AUTH PLAIN <plain>', 'LIST', 'RETR 1', 'DELE 2', 'TOP 1 1', 'QUIT'],
    pace: 'lockstep',
  };
  const length = session.commands.join('\r\n').length + 40;
  for (let cut = 1; cut < length; cut += 3) await compare({ ...session, pace: [cut, length] });
  await compare({ ...session, pace: [1] });
});

test(`POP3 answers like Dovecot in ${SESSIONS} generated sessions`, options, async () => {
  await fc.assert(
    fc.asyncProperty(generatedSession, async (session) => {
      await compare(session);
    }),
    { numRuns: SESSIONS, endOnFailure: true },
  );
});
