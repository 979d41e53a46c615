import process from 'node:process';
import { parseArgs } from 'node:util';
import { UserError, messageOf } from '../../src/base/errors.ts';

/** Options that all take a value, by name with what they mean. Undefined if only the list of them was asked for. @throws UserError */
export function parseOptions<Name extends string>(
  call: string,
  meanings: Readonly<Record<Name, string>>,
  argv: readonly string[] = process.argv.slice(2),
): Partial<Record<Name, string>> | undefined {
  const names = Object.keys(meanings) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  try {
    const { values } = parseArgs({ args: [...argv], options: { ...options, help: { type: 'boolean' } } });
    if (values['help'] !== true) return values as Partial<Record<Name, string>>;
  } catch (error) {
    throw new UserError(`Cannot understand the command: ${messageOf(error)}; --help lists what there is`);
  }
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const lines = names.map((name) => `  --${name.padEnd(width)}${meanings[name]}`);
  process.stdout.write(`${call} [OPTION VALUE ...]\n${lines.join('\n')}\n`);
  return undefined;
}
