import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { UserError } from '../../src/base/errors.ts';
import { type LabRecord, namespaceName, newLabRecord } from './lab-record.ts';
import { Namespace } from './namespace.ts';
import { widenNeighbourTable } from './neighbour-table.ts';
import { removeLab, removeLeftOvers } from './remove-lab.ts';
import { outputOf } from './run-command.ts';

/** One end of a cable: a device of this name in this namespace. */
export interface Plug {
  readonly namespace: Namespace;
  readonly device: string;
  readonly mac?: string;
}

const open = new Set<Lab>();
let count = 0;

/**
 * A set of network namespaces with cables between them and programs in them. Whatever happens to the process that made
 * it, nothing of it stays: it is removed by `remove()`, at exit, on SIGINT, SIGTERM and SIGHUP, after an uncaught error,
 * and after a SIGKILL by the next lab that is made on the machine.
 */
export class Lab implements AsyncDisposable {
  readonly record: LabRecord;

  constructor() {
    if (process.getuid?.() !== 0)
      throw new UserError('Cannot create a lab: network namespaces need root, run this as root');
    if (count === 0) {
      removeLeftOvers();
      removeAtEnd();
      widenNeighbourTable();
    }
    this.record = newLabRecord(count++);
    mkdirSync(this.record.directory, { recursive: true, mode: 0o755 });
    open.add(this);
  }

  /** Where the lab's logs and files are; everyone may enter, because some programs drop their rights. */
  get directory(): string {
    return this.record.directory;
  }

  async namespace(name: string): Promise<Namespace> {
    const directory = join(this.directory, name);
    // The folder first: it is the record by which the namespace is found again.
    mkdirSync(directory, { mode: 0o755 });
    const namespace = new Namespace(name, namespaceName(this.record, name), directory);
    await namespace.create();
    return namespace;
  }

  /** Connects two namespaces by a veth pair, both ends up. */
  async cable(a: Plug, b: Plug): Promise<void> {
    const side = (plug: Plug): string[] => [
      'name',
      plug.device,
      ...(plug.mac === undefined ? [] : ['address', plug.mac]),
      'netns',
      plug.namespace.kernelName,
    ];
    await outputOf(['ip', 'link', 'add', ...side(a), 'type', 'veth', 'peer', ...side(b)]);
    for (const plug of [a, b]) await plug.namespace.ip('link', 'set', 'dev', plug.device, 'up');
  }

  /** Makes `devices` of a namespace the ports of one switch. */
  async bridge(namespace: Namespace, name: string, devices: readonly string[]): Promise<void> {
    await namespace.ip('link', 'add', name, 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0');
    for (const device of devices) await namespace.ip('link', 'set', 'dev', device, 'master', name);
    await namespace.ip('link', 'set', 'dev', name, 'up');
  }

  remove(): void {
    if (open.delete(this)) removeLab(this.record);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.remove();
  }
}

const SIGNAL_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

function removeAtEnd(): void {
  process.on('exit', () => {
    for (const lab of open) lab.remove();
  });
  for (const [signal, code] of Object.entries(SIGNAL_CODES))
    process.on(signal, () => {
      process.exit(code);
    });
}
