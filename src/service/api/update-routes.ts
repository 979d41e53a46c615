import { stream } from 'hono/streaming';
import { UserError, messageOf } from '../../base/errors.ts';
import type { Box } from '../../port/box.ts';
import type { UpdateProgress } from '../../port/update-status.ts';
import type { Log } from '../../port/log.ts';
import type { Routes } from './routes-type.ts';

/** A line of the answer to an upload, which begins before its end is known. */
export type UpdateLine = UpdateProgress | { readonly version: string } | { readonly error: string };

/** Progress is told when it has moved by this share of the whole. */
const STEPS = 100;

/** `/api/update`: an update is taken as it comes, and answered with one JSON object a line. */
export function addUpdate(routes: Routes, { box, log }: { readonly box: Box; readonly log: Log }): void {
  routes.get('/api/update', (c) => c.json(box.update()));
  routes.post('/api/update/back', async (c) => {
    await box.startOtherSystem();
    return c.json({});
  });
  routes.post('/api/update', (c) => {
    const { body } = c.req.raw;
    if (body === null)
      throw new UserError('Cannot update: the request has no body, wanted is an update file');
    c.header('content-type', 'application/x-ndjson');
    return stream(c, async (answer) => {
      const tell = (line: UpdateLine): Promise<unknown> => answer.write(`${JSON.stringify(line)}\n`);
      try {
        const version = await box.installUpdate(
          body,
          inSteps((progress) => void tell(progress)),
        );
        await tell({ version });
      } catch (error) {
        if (!(error instanceof UserError)) log.error(`An update failed: ${messageOf(error)}`);
        await tell({ error: messageOf(error) });
      }
    });
  });
}

function inSteps(tell: (progress: UpdateProgress) => void): (progress: UpdateProgress) => void {
  let last = '';
  return (progress) => {
    const step = `${progress.stage} ${Math.floor((progress.done * STEPS) / progress.octets)}`;
    if (step !== last) tell(progress);
    last = step;
  };
}
