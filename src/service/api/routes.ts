import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import * as z from 'zod';
import { Milliseconds, Seconds } from '../../base/duration.ts';
import { ConfigError, UserError } from '../../base/errors.ts';
import type { Box } from '../../port/box.ts';
import { MAIL_QUEUE_ACTIONS, MAX_LISTED_MAIL } from '../../port/mail-queue-view.ts';
import { LOG_LEVELS, type Log } from '../../port/log.ts';
import { certificateRoutes } from './certificate-routes.ts';
import { machineRoutes } from './machine-routes.ts';
import { mailImport } from './mail-import.ts';
import { openApiDocument } from './openapi.ts';
import { addUpdate } from './update-routes.ts';
import { checked, readBody } from './read-body.ts';
import type { Routes } from './routes-type.ts';

/** A configuration of 2000 forwards and 1000 people is below a megabyte. */
const MAX_BODY = 4 * 2 ** 20;
/** Most log entries one answer carries. */
const MAX_LOG_ENTRIES = 2000;
/** Events are sent at most this often, so that a burst of changes costs one. */
const EVENT_INTERVAL = Milliseconds(500);
/** An event stream without news sends a comment this often, so that both sides notice a dead connection. */
const KEEP_ALIVE = Seconds(15);

export interface RoutesOptions {
  readonly box: Box;
  readonly version: string;
  readonly log: Log;
}

const logQuery = z.object({
  level: z.enum(LOG_LEVELS).default('info'),
  limit: z.coerce.number().int().min(1).max(MAX_LOG_ENTRIES).default(200),
});
const newUser = z.strictObject({
  name: z.string(),
  fullName: z.string().default(''),
  password: z.string().min(1),
});
const flowFilter = z.strictObject({
  address: z.string().optional(),
  port: z.coerce.number().int().min(1).max(65_535).optional(),
  protocol: z.string().optional(),
});
const explainQuery = z.strictObject({ from: z.string(), to: z.string(), what: z.string() });
const oneLease = z.strictObject({ address: z.string() });
const newReservation = z.strictObject({ address: z.string(), name: z.string().optional() });
const oneDevice = z.strictObject({ device: z.string().min(1) });
const newAlias = z.strictObject({ name: z.string().min(1), members: z.array(z.string()).min(1).max(1000) });
const oneAlias = z.strictObject({ name: z.string() });
const newQuota = z.strictObject({ quota: z.string().nullable() });
const rollback = z.strictObject({ change: z.number().int().positive().optional() });
const removal = z.strictObject({ deleteMail: z.boolean().default(false) });
const newPassword = z.strictObject({ password: z.string().min(1) });

const listQuery = z.strictObject({ after: z.string().max(70).optional() });
const queueView = z.object({
  entries: z.coerce.number().int().min(0).max(MAX_LISTED_MAIL).default(MAX_LISTED_MAIL),
});
const queueEntry = z.object({ id: z.coerce.number().int().positive() });
const queueChange = queueEntry.extend({ action: z.enum(MAIL_QUEUE_ACTIONS) });

function addReads(routes: Routes, { box, version }: RoutesOptions): void {
  routes.get('/api/status', async (c) => c.json(await box.status()));
  routes.get('/api/leases', (c) => c.json(box.leases()));
  routes.get('/api/names', (c) => c.json(box.names()));
  routes.get('/api/health', async (c) => c.json(await box.health()));
  routes.get('/api/config', (c) => c.json(box.config() as object));
  routes.get('/api/users', (c) => c.json(box.users()));
  routes.get('/api/openapi.json', (c) => c.json(openApiDocument(version) as object));
  routes.get('/api/log', (c) => {
    const query = logQuery.safeParse(c.req.query());
    if (!query.success)
      throw new UserError(
        `Cannot read the log: level is one of ${LOG_LEVELS.join(', ')}, limit is 1 to ${MAX_LOG_ENTRIES}`,
      );
    return c.json(box.log(query.data));
  });
}

function addNetwork(routes: Routes, { box }: RoutesOptions): void {
  routes.get('/api/flows', async (c) => c.json(await box.flows(checked(c.req.query(), flowFilter))));
  routes.post('/api/flows/end', async (c) =>
    c.json({ ended: await box.endFlows(await readBody(c.req, flowFilter)) }),
  );
  routes.get('/api/firewall', async (c) => c.json(await box.firewall()));
  routes.get('/api/firewall/explain', async (c) =>
    c.json(await box.explain(checked(c.req.query(), explainQuery))),
  );
  routes.post('/api/firewall/block', async (c) =>
    c.json(await box.blockDevice((await readBody(c.req, oneDevice)).device)),
  );
  routes.post('/api/firewall/unblock', async (c) =>
    c.json(await box.unblockDevice((await readBody(c.req, oneDevice)).device)),
  );
  routes.post('/api/leases/end', async (c) => {
    await box.endLease((await readBody(c.req, oneLease)).address);
    return c.json({});
  });
  routes.post('/api/leases/pin', async (c) => {
    const { address, name } = await readBody(c.req, newReservation);
    return c.json(await box.pinLease(address, name));
  });
}

function addMailQueue(routes: Routes, { box }: RoutesOptions): void {
  routes.get('/api/mail/queue', async (c) =>
    c.json(await box.mailQueue(checked(c.req.query(), queueView).entries)),
  );
  routes.get('/api/mail/queue/:id/history', async (c) =>
    c.json(await box.mailHistory(checked(c.req.param(), queueEntry).id)),
  );
  routes.post('/api/mail/queue/:id/:action', async (c) => {
    const { id, action } = checked(c.req.param(), queueChange);
    await box.changeMailQueue(action, id);
    return c.json({});
  });
}

function addMailboxes(routes: Routes, { box }: RoutesOptions): void {
  routes.get('/api/mail/store', async (c) => c.json(await box.mailStore()));
  const path = '/api/mail/mailboxes/:name/messages';
  routes.get(path, async (c) => {
    const { after } = checked(c.req.query(), listQuery);
    return c.json(await box.mailList(c.req.param('name'), after));
  });
  routes.post(path, async (c) =>
    c.json(await box.importMail(c.req.param('name'), await readBody(c.req, mailImport))),
  );
}

function addWrites(routes: Routes, { box }: RoutesOptions): void {
  routes.put('/api/config', async (c) =>
    c.json(await box.applyConfig(await readBody(c.req, z.unknown()), 'control API')),
  );
  routes.get('/api/config/history', async (c) => c.json(await box.configHistory()));
  routes.post('/api/config/rollback', async (c) =>
    c.json(await box.rollbackConfig((await readBody(c.req, rollback)).change)),
  );
  routes.post('/api/users', async (c) => {
    await box.addUser(await readBody(c.req, newUser));
    return c.json({});
  });
  routes.post('/api/users/:name/remove', async (c) => {
    const { deleteMail } = await readBody(c.req, removal);
    return c.json(await box.removeUser(c.req.param('name'), deleteMail));
  });
  routes.put('/api/users/:name/password', async (c) => {
    const { password } = await readBody(c.req, newPassword);
    await box.setPassword(c.req.param('name'), password);
    return c.json({});
  });
  routes.put('/api/users/:name/quota', async (c) => {
    await box.setQuota(c.req.param('name'), (await readBody(c.req, newQuota)).quota);
    return c.json({});
  });
}

function addAliases(routes: Routes, { box }: RoutesOptions): void {
  routes.get('/api/aliases', (c) => c.json(box.aliases()));
  routes.post('/api/aliases', async (c) => {
    const { name, members } = await readBody(c.req, newAlias);
    await box.setAlias(name, members);
    return c.json({});
  });
  routes.post('/api/aliases/remove', async (c) => {
    await box.removeAlias((await readBody(c.req, oneAlias)).name);
    return c.json({});
  });
}

function addEvents(routes: Routes, { box }: RoutesOptions): void {
  routes.get('/api/events', (c) =>
    streamSSE(c, async (stream) => {
      let news: (() => void) | undefined;
      let changed = true;
      const stop = box.subscribe(() => {
        changed = true;
        news?.();
      });
      stream.onAbort(() => {
        stop();
        news?.();
      });
      while (!stream.aborted) {
        if (changed) {
          changed = false;
          await stream.writeSSE({ event: 'status', data: JSON.stringify(await box.status()) });
          await stream.sleep(EVENT_INTERVAL);
        } else {
          const waited = await new Promise<'news' | 'quiet'>((resolve) => {
            const timer = setTimeout(resolve, KEEP_ALIVE, 'quiet');
            news = () => {
              clearTimeout(timer);
              resolve('news');
            };
          });
          news = undefined;
          if (waited === 'quiet') await stream.write(': still here\n\n');
        }
      }
    }),
  );
}

/** The control API: reads for every caller of the socket, changes for root only. */
export function apiRoutes(options: RoutesOptions): Routes {
  const routes: Routes = new Hono();
  const limited = bodyLimit({
    maxSize: MAX_BODY,
    onError: (c) =>
      c.json({ error: `Cannot take the request: its body is larger than ${MAX_BODY} bytes` }, 413),
  });
  // An update is read piece by piece, each measured against what its signed manifest says.
  routes.use((c, next) => (c.req.path === '/api/update' ? next() : limited(c, next)));
  routes.use(async (c, next) => {
    if (c.req.method !== 'GET' && !c.env.mayWrite)
      return c.json({ error: 'Cannot change anything: only root may, this caller may read' }, 403);
    return await next();
  });
  addReads(routes, options);
  addNetwork(routes, options);
  addMailQueue(routes, options);
  addMailboxes(routes, options);
  addWrites(routes, options);
  addAliases(routes, options);
  addUpdate(routes, options);
  machineRoutes(routes, options.box);
  certificateRoutes(routes, options.box);
  addEvents(routes, options);
  routes.notFound((c) =>
    c.json({ error: `Cannot find "${c.req.path}": see /api/openapi.json for what there is` }, 404),
  );
  routes.onError((error, c) => {
    if (error instanceof ConfigError) return c.json({ error: error.message, problems: error.problems }, 422);
    if (error instanceof UserError) return c.json({ error: error.message }, 422);
    options.log.error(`The control API failed on ${c.req.method} ${c.req.path}: ${error.message}`);
    return c.json({ error: error.message }, 500);
  });
  return routes;
}
