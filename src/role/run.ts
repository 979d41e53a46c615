import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import { ConfigError, KernelError, UserError, messageOf } from '../base/errors.ts';
import { EXIT } from '../cli/exit.ts';
import { UsageError, readOptions } from '../cli/read-options.ts';
import { RUN_CALL } from '../cli/run-call.ts';
import { DEFAULT_RUN_DIRECTORY } from '../cli/run-directory.ts';
import { parseConfigText, readConfig } from '../config/load.ts';
import { boundCapabilities } from '../io/linux/capabilities.ts';
import { kernelErrorFrom } from '../io/node/errors.ts';
import { SLOTS } from '../wire/slot-state/slot-state.ts';
import { resetData } from '../cli/reset-data.ts';
import { unreadable } from '../cli/unreadable.ts';
import { StartError, prepareDirectories, requireRoot, requireWhatItTakes } from './prepare.ts';
import { replaceConfig, runFromMemory, takeBackConfig } from './rescue.ts';
import { DEFAULT_DATA_DIRECTORY, ENVIRONMENT, type RunSettings } from './settings.ts';

/**
 * What the processes of the box may ever do as root: the network, its own ports, the clock, changing to the users
 * of the roles, and ending them (a signal to another user's process needs CAP_KILL).
 */
const CAPABILITIES = [
  'NET_ADMIN',
  'NET_RAW',
  'NET_BIND_SERVICE',
  'SETUID',
  'SETGID',
  'KILL',
  'SYS_TIME',
] as const;

function readRunSettings(args: readonly string[]): RunSettings {
  const { flags } = readOptions(RUN_CALL, args);
  const valueOf = (name: keyof typeof RUN_CALL.options): string | undefined => {
    const value = flags.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const data = resolve(valueOf('data') ?? DEFAULT_DATA_DIRECTORY);
  return {
    data,
    config: resolve(valueOf('config') ?? `${data}/config/current.json`),
    run: resolve(valueOf('run') ?? DEFAULT_RUN_DIRECTORY),
    teardown: flags.has('teardown'),
    board: boardOf({ board: valueOf('board'), slot: valueOf('slot'), fallback: flags.has('fallback') }),
  };
}

interface BoardWords {
  readonly board: string | undefined;
  readonly slot: string | undefined;
  readonly fallback: boolean;
}

function boardOf({ board, slot, fallback }: BoardWords): RunSettings['board'] {
  if (board === undefined && slot === undefined) return undefined;
  const running = SLOTS.find((one) => one === slot);
  if (board === undefined || running === undefined)
    throw new UsageError(
      'Cannot run "gatepost run": --board FILE and --slot a, or --slot b, belong together',
    );
  return { file: resolve(board), slot: running, isFallback: fallback };
}

function readConfigFile(path: string, mustExist: boolean): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // No other failure may be taken for a box that nobody has configured.
    if (!mustExist && isMissing(error)) return '{ "version": 1 }';
    throw unreadable('the configuration', path, error);
  }
}

function isMissing(error: unknown): boolean {
  const mapped = kernelErrorFrom('look for the configuration', error);
  return mapped instanceof KernelError && mapped.errno === 'ENOENT';
}

function requireUsableState(settings: RunSettings, isGiven: boolean): void {
  requireWhatItTakes(readConfig(parseConfigText(readConfigFile(settings.config, isGiven))));
  prepareDirectories(settings);
}

/** On a board nobody is there to mend what would be refused: it starts with the best there is, and says so. */
async function stateOfBoard(settings: RunSettings, isGiven: boolean): Promise<RunSettings> {
  requireRoot();
  try {
    prepareDirectories(settings);
  } catch (error) {
    return await stateInMemory(settings, error);
  }
  await finishReset(settings);
  prepareDirectories(settings);
  // What cannot be put back now is at another start.
  if (!isGiven) await takeBackConfig(settings).catch(() => undefined);
  try {
    readConfig(parseConfigText(readConfigFile(settings.config, isGiven)));
    return settings;
  } catch (error) {
    if (isGiven) throw error;
    return await replaceConfig(settings, error).catch((broken: unknown) => stateInMemory(settings, broken));
  }
}

/** What a reset had begun, or was only wanted, is done before anything reads it; what cannot be done now is at another start. */
async function finishReset({ data, board }: RunSettings): Promise<void> {
  // Where no box has been yet, or no directory can be, nobody has wanted one.
  if (!existsSync(join(data, 'config'))) return;
  try {
    await resetData(data, board?.file);
  } catch (error) {
    process.stderr.write(`The reset is not complete: ${messageOf(error)}\n`);
  }
}

async function stateInMemory(settings: RunSettings, cause: unknown): Promise<RunSettings> {
  const inMemory = await runFromMemory(settings, cause);
  prepareDirectories(inMemory);
  return inMemory;
}

/**
 * The first stage of `gatepost run`: everything that can be refused is refused here with one sentence. Then the
 * process gives up all power it does not need and becomes the second stage by execve(2), because capabilities
 * belong to threads and those of a running Node cannot all be reached.
 */
export async function prepareRun(args: readonly string[], entry: string): Promise<number> {
  let settings: RunSettings;
  try {
    settings = readRunSettings(args);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return EXIT.usage;
  }
  try {
    const isGiven = args.some((arg) => /^--config(?:=|$)/.test(arg));
    if (settings.board !== undefined) settings = await stateOfBoard(settings, isGiven);
    else {
      await finishReset(settings);
      requireUsableState(settings, isGiven);
    }
    boundCapabilities(CAPABILITIES);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return error instanceof UserError || error instanceof ConfigError ? EXIT.refused : EXIT.failed;
  }
  const guardian = fileURLToPath(new URL('guardian.mjs', import.meta.url));
  const words = [process.execPath, ...process.execArgv, guardian, entry, JSON.stringify(settings)];
  process.execve?.(process.execPath, words, ENVIRONMENT);
  throw new StartError('Cannot start: this Node cannot replace its process image');
}
