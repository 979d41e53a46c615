import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { kernelErrorFrom } from '../node/errors.ts';

/** The mask is one word of sysfs' row of words (Documentation/ABI/testing/sysfs-class-net-queues). */
const MAX_PROCESSORS = 32;

/** Whether a line of /proc/interrupts is of a device: `eth0`, or one of its queues, `eth0-rx-1`. */
function isOf(device: string, line: string): boolean {
  return line.split(/[\s,]+/).some((word) => word === device || word.startsWith(`${device}-`));
}

/** The numbers of a device's interrupts in the text of /proc/interrupts. A USB adapter has none of its own. */
export function interruptsOf(device: string, interrupts: string): readonly number[] {
  return interrupts.split('\n').flatMap((line) => {
    const number = /^\s*(\d+):/.exec(line)?.[1];
    return number !== undefined && isOf(device, line) ? [Number(number)] : [];
  });
}

/**
 * Lets all processors work on what a network card receives (Documentation/networking/scaling.rst, RPS): a card of a small board
 * has one queue, whose interrupt would keep one processor busy with all forwarding while the others idle. The packets of a
 * connection stay in order, as they are spread by its hash. A card with a queue for each processor spreads them itself.
 * @throws KernelError
 */
export function spreadReceiving(device: string, processors: number): void {
  const count = Math.min(processors, MAX_PROCESSORS);
  const folder = `/sys/class/net/${device}/queues`;
  try {
    const queues = readdirSync(folder).filter((name) => name.startsWith('rx-'));
    if (queues.length >= count) return;
    const mask = (2 ** count - 1).toString(16);
    for (const queue of queues) writeFileSync(`${folder}/${queue}/rps_cpus`, mask);
  } catch (error) {
    throw kernelErrorFrom(`spread the packets of ${device} over ${count} processors`, error);
  }
}

/** Has one processor take the interrupts of a network card, so that two cards do not share one. @throws KernelError */
export function placeInterrupts(device: string, processor: number): void {
  try {
    for (const interrupt of interruptsOf(device, readFileSync('/proc/interrupts', 'latin1')))
      writeFileSync(`/proc/irq/${interrupt}/smp_affinity_list`, String(processor));
  } catch (error) {
    throw kernelErrorFrom(`give the interrupts of ${device} to processor ${processor}`, error);
  }
}
