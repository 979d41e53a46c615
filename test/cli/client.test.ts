import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ServerResponse, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { apiClient } from '../../src/cli/client.ts';

/** The lines an upload hears of a box that answers so. */
async function uploadTo(t: TestContext, answer: (response: ServerResponse) => void): Promise<object[]> {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-client-'));
  const server = createServer((_, response) => answer(response));
  server.listen(join(directory, 'api.sock'));
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true });
  });
  const lines: object[] = [];
  const file = Readable.from([Buffer.alloc(1000)]);
  await apiClient(directory).upload('/api/update', file, (line) => lines.push(line));
  return lines;
}

test('upload() says in a sentence that the box has ended in the middle of a line, or between two', async (t) => {
  for (const text of ['{"stage":"writing"}\n{"sta', '{"stage":"writing"}\n'])
    await assert.rejects(
      uploadTo(t, (response) => response.write(text, () => response.socket?.destroy())),
      { name: 'NotRunningError', message: 'Cannot go on: the box has ended in the middle of its answer' },
    );
});

test('upload() hears every line of an answer that ends as it should', async (t) => {
  assert.deepEqual(await uploadTo(t, (response) => response.end('{"a":1}\n{"b":2}\n')), [{ a: 1 }, { b: 2 }]);
});
