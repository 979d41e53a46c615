import type { Problem } from '../../base/errors.ts';
import type { Config } from '../schema.ts';
import { type Finder, repeated } from './finder.ts';

function userProblems({ users, mail }: Config): Problem[] {
  const names = users.map(({ name }) => name);
  const twice = repeated(names).map(({ index, earlier }) => ({
    path: `users[${index}].name`,
    found: `"${names[index]}"`,
    wanted: `a name other than that of users[${earlier}]`,
  }));
  const known = new Set([...names, ...Object.keys(mail.aliases)]);
  const dangling = Object.entries(mail.aliases).flatMap(([alias, members]) =>
    members.flatMap((member, index) =>
      member.includes('@') || known.has(member) || member === 'admin'
        ? []
        : [
            {
              path: `mail.aliases.${alias}[${index}]`,
              found: `"${member}"`,
              wanted: 'a user, another alias or an outside address',
            },
          ],
    ),
  );
  return [...twice, ...dangling];
}

export const MAIL_FINDERS: readonly Finder[] = [{ parts: ['users', 'mail'], find: userProblems }];
