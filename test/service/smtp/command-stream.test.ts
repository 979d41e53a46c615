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
    let taken = 0;
    for (let n = 0; n < 3; n++) stream.write('x'.repeat(PIECE), () => taken++);
    await new Promise(setImmediate);
    assert.ok(taken < 3);
    message[end]();
    while (taken < 3) await new Promise(setImmediate);
  }
});
