import { UserError } from '../base/errors.ts';
import { formatSize } from '../base/size.ts';
import type { UserStatus } from '../port/box.ts';
import { type Command, type Context, printEither } from './command.ts';
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

export const userListCommand: Command = {
  name: 'user list',
  usage: 'user list [--json]',
  summary: 'the people of the office',
  words: [0, 0],
  options: { json: false },
  async run(context) {
    printEither(context, await context.api.get<readonly UserStatus[]>('/api/users'), (users) =>
      formatTable([
        ['NAME', 'FULL NAME', 'ADDRESS', 'MAIL', 'QUOTA', 'KEPT AFTER READING'],
        ...users.map(({ name, fullName, address, used, quota, keepDays }) => [
          name,
          fullName,
          address,
          formatSize(used),
          quota === null ? 'none' : formatSize(quota),
          keepDays === null ? 'for ever' : `${keepDays} days`,
        ]),
      ]),
    );
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
