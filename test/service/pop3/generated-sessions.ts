import fc from 'fast-check';
import type { Script } from './pop3-dialogue.ts';

/** A mailbox, and what one client does with it. A character is an octet; `<user>` stands for the user's name and `<plain>` for a right response to AUTH PLAIN. */
export interface GeneratedSession {
  readonly messages: readonly string[];
  readonly commands: readonly string[];
  readonly pace: Script['pace'];
}

const bodyLine = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('', '.', '..', '.x', 'text', '. ', 'From x', '\u00fc\u00df', 'x.'),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[ -~\u0080-\u00ff]{0,200}$/) },
  { weight: 1, arbitrary: fc.constantFrom('y'.repeat(998), '.'.repeat(2000)) },
);
const headerLine = fc.constantFrom(
  'Subject: one',
  'From: a@x.example',
  'X: y\r\n\tfolded',
  'To: b@y.example',
);

/** Lines ended by CRLF, as they are in the store; the last one not always. None begins with a dot: Dovecot's reply would end there. */
const message = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '\r\n', 'x', 'A: 1\r\n', 'A: 1', '\r\n\r\n', '\r\nbody'),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.array(headerLine, { minLength: 1, maxLength: 4 }),
        fc.array(bodyLine, { maxLength: 8 }),
        fc.boolean(),
      )
      .map(([header, body, isEnded]) => [...header, '', ...body].join('\r\n').concat(isEnded ? '\r\n' : '')),
  },
);

const number = fc.oneof(
  { weight: 12, arbitrary: fc.nat(6).map(String) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('-1', '+1', '01', '1.0', 'x', '999999999', '99999999999999999999', ''),
  },
);
const ofMessage = fc
  .tuple(fc.constantFrom('LIST', 'UIDL', 'RETR', 'RETR', 'DELE', 'DELE'), number)
  .map((words) => words.join(' '));
const top = fc
  .tuple(number, fc.constantFrom('0', '1', '2', '3', '99', '999999999', 'x', ''))
  .map(([which, lines]) => `TOP ${which} ${lines}`);
const bare = fc.constantFrom('STAT', 'LIST', 'UIDL', 'RSET', 'NOOP', 'CAPA');
const odd = fc.oneof(
  fc.constantFrom(
    'STAT 1',
    'NOOP x',
    'RSET 1',
    'RETR',
    'DELE',
    'TOP',
    'TOP 1',
    'LIST 1 2',
    'UIDL 1 2',
    'RETR 1 2',
    'TOP 1 2 3',
    'LIST  1',
    'LIST 1 ',
    ' STAT',
    'STAT ',
    'FOO',
    'LAST',
    'XTND',
    'RETR1',
    '',
    'USER bob',
    'PASS x',
    'AUTH PLAIN',
    'AUTH',
    'STLS',
    'APOP a b',
    'LANG',
    'UTF8',
    '\u00fc',
    'L\u0000IST',
    'x'.repeat(300),
    'LIST '.concat('1'.repeat(600)),
  ),
  fc.stringMatching(/^[A-Z]{1,6}( [!-~]{0,10}){0,3}$/).filter((line) => !/^(?:QUIT|AUTH)/.test(line)),
);
const anyCase = fc
  .tuple(fc.oneof(bare, ofMessage, top), fc.boolean())
  .map(([line, isLower]) => (isLower ? line.toLowerCase() : line));
const inTransaction = fc.oneof({ weight: 8, arbitrary: anyCase }, { weight: 1, arbitrary: odd });

/** Ways to log in, and what else is said before it: few lines, as servers are strict there. */
const loginLines = fc.oneof(
  { weight: 4, arbitrary: fc.constant(['USER <user>', 'PASS secret']) },
  { weight: 2, arbitrary: fc.constantFrom(['AUTH PLAIN <plain>'], ['AUTH PLAIN', '<plain>']) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ['CAPA', 'user <user>', 'pass secret'],
      ['AUTH', 'USER <user>', 'PASS secret'],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ['USER <user>', 'USER <user>', 'PASS secret'],
      ['USER <user>', 'CAPA', 'PASS secret'],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ['PASS secret', 'USER <user>', 'PASS secret'],
      ['USER <user>', 'PASS wrong', 'USER <user>', 'PASS secret'],
      ['AUTH PLAIN', '*', 'USER <user>', 'PASS secret'],
      ['AUTH PLAIN', '!', 'USER <user>', 'PASS secret'],
    ),
  },
  { weight: 1, arbitrary: inTransaction.map((line) => [line, 'USER <user>', 'PASS secret']) },
);

export const generatedSession: fc.Arbitrary<GeneratedSession> = fc
  .record({
    messages: fc.array(message, { maxLength: 5 }),
    login: loginLines,
    commands: fc.array(inTransaction, { maxLength: 14 }),
    end: fc.constantFrom(['QUIT'], ['QUIT'], ['quit'], []),
    pace: fc.oneof(
      fc.constant('lockstep' as const),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
      fc.constant([100_000]),
    ),
  })
  .map(({ messages, login, commands, end, pace }) => ({
    messages,
    commands: [...login, ...commands, ...end],
    pace,
  }));
