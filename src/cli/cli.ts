import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import process from 'node:process';
import { ConfigError, UserError, messageOf } from '../base/errors.ts';
import { aliasAddCommand } from './alias-add.ts';
import { aliasListCommand } from './alias-list.ts';
import { aliasRemoveCommand } from './alias-remove.ts';
import {
  certificateRemoveCommand,
  certificateRenewCommand,
  certificateSetCommand,
  certificateShowCommand,
} from './certificate.ts';
import { checkCommand } from './check.ts';
import { NotRunningError, RefusedError, apiClient } from './client.ts';
import type { Command, Context } from './command.ts';
import { configAdoptCommand } from './config-adopt.ts';
import { configApplyCommand } from './config-apply.ts';
import { configHistoryCommand } from './config-history.ts';
import { configRollbackCommand } from './config-rollback.ts';
import { configShowCommand } from './config-show.ts';
import { consoleCommand } from './console.ts';
import { EXIT } from './exit.ts';
import { firewallBlockCommand } from './firewall-block.ts';
import { firewallExplainCommand } from './firewall-explain.ts';
import { firewallShowCommand } from './firewall-show.ts';
import { firewallUnblockCommand } from './firewall-unblock.ts';
import { flowsEndCommand } from './flows-end.ts';
import { flowsCommand } from './flows.ts';
import { healthCommand } from './health.ts';
import { leasesEndCommand } from './leases-end.ts';
import { leasesPinCommand } from './leases-pin.ts';
import { leasesCommand } from './leases.ts';
import { logCommand } from './log.ts';
import { mailBackupCommand } from './mail-backup.ts';
import { mailExportCommand } from './mail-export.ts';
import { mailHistoryCommand } from './mail-history.ts';
import { mailImportCommand } from './mail-import.ts';
import { mailQueueChangeCommands } from './mail-queue-change.ts';
import { mailQueueCommand } from './mail-queue.ts';
import { mailRestoreCommand } from './mail-restore.ts';
import { mailVerifyCommand } from './mail-verify.ts';
import { namesCommand } from './names.ts';
import { readSecret } from './read-secret.ts';
import { resetCommand } from './reset.ts';
import { DEFAULT_RUN_DIRECTORY } from './run-directory.ts';
import { statusCommand } from './status.ts';
import { updateCommand } from './update.ts';
import {
  userAddCommand,
  userListCommand,
  userPasswdCommand,
  userQuotaCommand,
  userRemoveCommand,
} from './user.ts';

const COMMANDS: readonly Command[] = [
  checkCommand,
  statusCommand,
  leasesCommand,
  leasesEndCommand,
  leasesPinCommand,
  namesCommand,
  logCommand,
  healthCommand,
  flowsCommand,
  flowsEndCommand,
  firewallShowCommand,
  firewallExplainCommand,
  firewallBlockCommand,
  firewallUnblockCommand,
  configShowCommand,
  configApplyCommand,
  configAdoptCommand,
  configHistoryCommand,
  configRollbackCommand,
  userAddCommand,
  userRemoveCommand,
  userPasswdCommand,
  userListCommand,
  userQuotaCommand,
  aliasAddCommand,
  aliasRemoveCommand,
  aliasListCommand,
  mailQueueCommand,
  ...mailQueueChangeCommands,
  mailHistoryCommand,
  mailVerifyCommand,
  mailExportCommand,
  mailBackupCommand,
  mailImportCommand,
  mailRestoreCommand,
  updateCommand,
  resetCommand,
  consoleCommand,
  certificateShowCommand,
  certificateSetCommand,
  certificateRemoveCommand,
  certificateRenewCommand,
];

class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The overview printed for `--help` and after a wrong call. */
export function usageText(): string {
  const lines = COMMANDS.map(({ usage, summary }) => `  gatepost ${usage}\n      ${summary}`);
  return [
    'usage:',
    '  gatepost run [--config FILE] [--data DIR] [--run DIR] [--teardown] [--board FILE --slot SLOT [--fallback]]',
    '      starts the box in this network namespace',
    ...lines,
    `Every command that talks to a running box takes --run DIR (default ${DEFAULT_RUN_DIRECTORY}).`,
  ].join('\n');
}

function findCommand(words: readonly string[]): {
  readonly command: Command;
  readonly rest: readonly string[];
} {
  for (const length of [2, 1]) {
    const command = COMMANDS.find(({ name }) => name === words.slice(0, length).join(' '));
    if (command !== undefined && command.name.split(' ').length === length)
      return { command, rest: words.slice(length) };
  }
  throw new UsageError(`Cannot run "gatepost ${words.join(' ')}": there is no such command`);
}

function parseCall(command: Command, rest: readonly string[]): Context {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, run: true }).map(([name, takesValue]) => [
      name,
      { type: takesValue ? 'string' : 'boolean' } as const,
    ]),
  );
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...rest], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`Cannot run "gatepost ${command.name}": ${messageOf(error)}`);
  }
  const [least, most] = command.words;
  if (parsed.positionals.length < least || parsed.positionals.length > most) {
    throw new UsageError(
      `Cannot run "gatepost ${command.name}" with ${parsed.positionals.length} words: wanted is "gatepost ${command.usage}"`,
    );
  }
  const flags = new Map(
    Object.entries(parsed.values).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : (true as const),
    ]),
  );
  const run = flags.get('run');
  return {
    words: parsed.positionals,
    flags,
    api: apiClient(typeof run === 'string' ? run : DEFAULT_RUN_DIRECTORY),
    print: (text) => process.stdout.write(text === '' ? '' : `${text}\n`),
    readSecret,
    readFile: (path) => readFileSync(path, 'utf8'),
  };
}

/** What a thrown error means to the caller of a command. */
function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof NotRunningError) return EXIT.notRunning;
  return error instanceof RefusedError || error instanceof UserError || error instanceof ConfigError
    ? EXIT.refused
    : EXIT.failed;
}

/** Runs one command; returns its exit code. Errors go to standard error as one sentence each. */
export async function runCommand(words: readonly string[]): Promise<number> {
  if (words.length === 0 || words.includes('--help')) {
    process.stdout.write(`${usageText()}\n`);
    return words.length === 0 ? EXIT.usage : EXIT.done;
  }
  try {
    const { command, rest } = findCommand(words);
    await command.run(parseCall(command, rest));
    return EXIT.done;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    if (error instanceof UsageError) process.stderr.write(`${usageText()}\n`);
    return exitCodeOf(error);
  }
}
