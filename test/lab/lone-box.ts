import { Box } from './box.ts';
import { type ConfigFile, boxConfig } from './box-config.ts';
import { Lab } from './lab.ts';

/** A box with its two cables and nobody at their other ends: for what it does by itself. */
export class LoneBox implements AsyncDisposable {
  readonly lab: Lab;
  readonly box: Box;

  private constructor(lab: Lab, box: Box) {
    this.lab = lab;
    this.box = box;
  }

  static async create(config: ConfigFile = boxConfig()): Promise<LoneBox> {
    const lab = new Lab();
    const namespace = await lab.namespace('box');
    const outside = await lab.namespace('outside');
    for (const device of ['wan0', 'lan0'])
      await lab.cable({ namespace, device }, { namespace: outside, device });
    return new LoneBox(lab, new Box(namespace, config));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lab.remove();
  }
}
