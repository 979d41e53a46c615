import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandStream } from '../../../src/service/smtp/command-stream.ts';

const PIECE = 65_536;

test('CommandStream takes a piece of a message at once, though every line begins with a dot', () => {
  const stream = new CommandStream();
  const message = stream.startDataMode();
  const wire = '..\r\n'.repeat(PIECE / 4);
  let isTaken = false;
  message.on('data', () => {});
  stream.write(wire, () => {});
  stream.write(`.\r\nNOOP\r\n`, () => (isTaken = true));
  assert.equal(stream.dataBytes, (PIECE / 4) * 3);
  assert.equal(isTaken, false);
});

test('CommandStream takes the next piece only when the message was read, or given up', async () => {
  for (const end of ['resume', 'destroy'] as const) {
    const stream = new CommandStream();
    const message = stream.startDataMode();
    const taken: Promise<void>[] = [];
    let isLastTaken = false;
    for (let n = 0; n < 3; n++)
      taken.push(new Promise((resolve) => stream.write('x'.repeat(PIECE), () => resolve())));
    void taken.at(-1)?.then(() => (isLastTaken = true));
    await new Promise(setImmediate);
    assert.equal(isLastTaken, false);
    message[end]();
    await Promise.all(taken);
  }
});
