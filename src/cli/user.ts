import { counted } from '../base/counted.ts';
import { UserError } from '../base/errors.ts';
import { formatBytes, formatSize } from '../base/size.ts';
import type { RemovedUser, UserStatus } from '../port/box.ts';
import { type Command, type Context, printEither } from './command.ts';
import type { Screen } from './screen.ts';
import { formatTable } from './table.ts';

async function readNewPassword({ readSecret }: Context, name: string): Promise<string> {
  const password = await readSecret(`Password for ${name}: `);
  if (password === '')
    throw new UserError(
      'Cannot use an empty password: at least one character is wanted, on the terminal or as the first line of standard input',
    );
  return password;
}

export const userAddCommand: Command = {
  name: 'user add',
  usage: 'user add NAME [--full-name TEXT]',
  summary: 'adds a person; the password is read from the terminal or standard input',
  words: [1, 1],
  options: { 'full-name': true },
  async run(context) {
    const [name = ''] = context.words;
    const fullName = context.flags.get('full-name');
    const password = await readNewPassword(context, name);
    await context.api.send('POST', '/api/users', {
      name,
      password,
      fullName: typeof fullName === 'string' ? fullName : '',
    });
    context.print(`added ${name}`);
  },
};

function removedText(name: string, { kept, deleted }: RemovedUser): string {
  if (kept > 0)
    return `removed ${name}; the mailbox is kept (${counted(kept, 'message')}) and would be that of the next ${name}: "gatepost mail export ${name}" writes its mail, "gatepost user remove ${name} --delete-mail" deletes it`;
  return deleted > 0 ? `removed ${name} and the mail (${counted(deleted, 'message')})` : `removed ${name}`;
}

export const userRemoveCommand: Command = {
  name: 'user remove',
  usage: 'user remove NAME [--delete-mail]',
  summary: 'takes a person out; the mailbox is kept unless its mail is to be deleted',
  words: [1, 1],
  options: { 'delete-mail': false },
  async run({ words: [name = ''], flags, api, print }) {
    const path = `/api/users/${encodeURIComponent(name)}/remove`;
    const deleteMail = flags.has('delete-mail');
    print(removedText(name, await api.send<RemovedUser>('POST', path, { deleteMail })));
  },
};

export const userPasswdCommand: Command = {
  name: 'user passwd',
  usage: 'user passwd NAME',
  summary: 'sets a password; it is read from the terminal or standard input',
  words: [1, 1],
  options: {},
  async run(context) {
    const [name = ''] = context.words;
    const password = await readNewPassword(context, name);
    await context.api.send('PUT', `/api/users/${encodeURIComponent(name)}/password`, { password });
    context.print(`changed the password of ${name}`);
  },
};

function usersText(users: readonly UserStatus[], screen: Screen): string {
  if (users.length === 0) return 'There is nobody yet: "gatepost user add NAME" adds a person.';
  const rows = users.map(({ name, fullName, address, used, quota, keepDays }) => [
    name,
    fullName,
    address,
    formatBytes(used),
    quota === null ? 'none' : formatSize(quota),
    keepDays === null ? 'for ever' : counted(keepDays, 'day'),
  ]);
  const heading = ['NAME', 'FULL NAME', 'ADDRESS', 'MAIL', 'QUOTA', 'KEPT AFTER READING'];
  return formatTable([heading, ...rows], screen);
}

export const userListCommand: Command = {
  name: 'user list',
  usage: 'user list [--json]',
  summary: 'the people of the office',
  words: [0, 0],
  options: { json: false },
  async run(context) {
    printEither(context, await context.api.get<readonly UserStatus[]>('/api/users'), usersText);
  },
};

export const userQuotaCommand: Command = {
  name: 'user quota',
  usage: 'user quota NAME SIZE',
  summary: 'sets the most the mailbox of a person may hold, such as 500M or 2G; none is no limit',
  words: [2, 2],
  options: {},
  async run({ words: [name = '', size = ''], api, print }) {
    const quota = size === 'none' ? null : size;
    await api.send('PUT', `/api/users/${encodeURIComponent(name)}/quota`, { quota });
    print(quota === null ? `the mailbox of ${name} has no limit` : `the mailbox of ${name} may hold ${size}`);
  },
};
