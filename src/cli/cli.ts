import { readFileSync } from 'node:fs';
import process from 'node:process';
import { ConfigError, KernelError, UserError, messageOf } from '../base/errors.ts';
import { Timestamp } from '../base/instant.ts';
import { kernelErrorFrom } from '../io/node/errors.ts';
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
import { UsageError, readOptions } from './read-options.ts';
import { readSecret } from './read-secret.ts';
import { resetCommand } from './reset.ts';
import { RUN_CALL } from './run-call.ts';
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

interface Described {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
}

const DESCRIBED: readonly Described[] = [RUN_CALL, ...COMMANDS];

/** Those that begin with the most of these words; without words all. */
function begunBy(words: readonly string[]): readonly Described[] {
  if (words.length === 0) return DESCRIBED;
  const starts = [2, 1].map((length) => `${words.slice(0, length).join(' ')} `);
  const found = starts.map((start) => DESCRIBED.filter(({ name }) => `${name} `.startsWith(start)));
  return found.find((some) => some.length > 0) ?? [];
}

/** What `--help` prints: how these commands are called. */
export function usageText(commands: readonly Described[] = DESCRIBED): string {
  return [
    'usage:',
    ...commands.map(({ usage, summary }) => `  gatepost ${usage}\n      ${summary}`),
    `Every command that talks to a running box takes --run DIR (default ${DEFAULT_RUN_DIRECTORY}).`,
  ].join('\n');
}

/** What was meant may be one of a group, "mail". */
function noSuchCommand(words: readonly string[]): UsageError {
  const group = begunBy(words.slice(0, 1)).map(({ name }) => name);
  const remedy =
    group.length === 0 ? '"gatepost --help" lists those there are' : `there are ${group.join(', ')}`;
  return new UsageError(`Cannot run "gatepost ${words.join(' ')}": there is no such command; ${remedy}`);
}

/** The words in front of the first option. */
function leadingWords(words: readonly string[]): readonly string[] {
  const option = words.findIndex((word) => word.startsWith('-'));
  return option === -1 ? words : words.slice(0, option);
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
  const leading = leadingWords(words);
  throw noSuchCommand(leading.length === 0 ? words : leading);
}

function parseCall(command: Command, rest: readonly string[]): Context {
  const call = { ...command, options: { ...command.options, run: true } };
  const { words, flags } = readOptions(call, rest);
  const run = flags.get('run');
  return {
    words,
    flags,
    api: apiClient(typeof run === 'string' ? run : DEFAULT_RUN_DIRECTORY),
    print: (text) => process.stdout.write(text === '' ? '' : `${text}\n`),
    screen: {
      now: Timestamp(Date.now()),
      columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    },
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

/** `gatepost log | head`: what nobody reads any more is no reason to leave work half done. */
function followOutput(): void {
  process.stdout.on('error', (error) => {
    const mapped = kernelErrorFrom('write to standard output', error);
    if (mapped instanceof KernelError && mapped.errno === 'EPIPE') return;
    process.stderr.write(`${mapped.message}\n`);
    process.exit(EXIT.failed);
  });
}

function help(words: readonly string[]): void {
  const commands = begunBy(leadingWords(words));
  if (commands.length === 0) throw noSuchCommand(leadingWords(words));
  process.stdout.write(`${usageText(commands)}\n`);
}

/** Runs one command; returns its exit code. Errors go to standard error as one sentence each. */
export async function runCommand(words: readonly string[]): Promise<number> {
  followOutput();
  try {
    if (words.length === 0 || words.includes('--help')) {
      help(words);
      return words.length === 0 ? EXIT.usage : EXIT.done;
    }
    const { command, rest } = findCommand(words);
    await command.run(parseCall(command, rest));
    return EXIT.done;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return exitCodeOf(error);
  }
}
