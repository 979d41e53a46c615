import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import * as z from 'zod';
import { Milliseconds, Seconds } from '../../base/duration.ts';
import { ConfigError, UserError, messageOf } from '../../base/errors.ts';
import type { Box } from '../../port/box.ts';
import type { Log } from '../../port/log.ts';
import { certificateRoutes } from './certificate-routes.ts';
import { machineRoutes } from './machine-routes.ts';
import { mailImport } from './mail-import.ts';
import { openApiDocument } from './openapi.ts';
import { News } from './news.ts';
import { acceptedMethods } from './operations.ts';
import {
  explainQuery,
  flowFilter,
  flowQuery,
  listQuery,
  logQuery,
  newAlias,
  newPassword,
  newQuota,
  newReservation,
  newUser,
  oneAlias,
  oneDevice,
  oneLease,
  queueChange,
  queueEntry,
  queueQuery,
  removal,
  rollback,
} from './requests.ts';
import { addUpdate } from './update-routes.ts';
import { checked, readBody } from './read-body.ts';
import type { Routes } from './routes-type.ts';

/** A configuration of 2000 forwards and 1000 people is below a megabyte. */
const MAX_BODY = 4 * 2 ** 20;
/** Events are sent at most this often, so that a burst of changes costs one. */
const EVENT_INTERVAL = Milliseconds(500);
/** An event stream without news sends a comment this often, so that both sides notice a dead connection. */
const KEEP_ALIVE = Seconds(15);

export interface RoutesOptions {
  readonly box: Box;
  readonly version: string;
  readonly log: Log;
}

function addReads(routes: Routes, { box, version }: RoutesOptions): void {
  routes.get('/api/status', async (c) => c.json(await box.status()));
  routes.get('/api/leases', (c) => c.json(box.leases()));
  routes.get('/api/names', (c) => c.json(box.names()));
  routes.get('/api/health', async (c) => c.json(await box.health()));
  routes.get('/api/config', (c) => c.json(box.config() as object));
  routes.get('/api/users', (c) => c.json(box.users()));
  routes.get('/api/openapi.json', (c) => c.json(openApiDocument(version) as object));
  routes.get('/api/log', (c) => c.json(box.log(checked(c.req.query(), logQuery))));
}

function addNetwork(routes: Routes, { box }: RoutesOptions): void {
  routes.get('/api/flows', async (c) => c.json(await box.flows(checked(c.req.query(), flowQuery))));
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
    c.json(await box.mailQueue(checked(c.req.query(), queueQuery).entries)),
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

function addEvents(routes: Routes, { box, log }: RoutesOptions): void {
  routes.get('/api/events', (c) =>
    streamSSE(c, async (stream) => {
      const news = new News();
      const stop = box.subscribe(() => news.tell());
      stream.onAbort(() => news.tell());
      news.tell();
      try {
        while (!stream.aborted) {
          const isNew = await news.next(KEEP_ALIVE);
          if (stream.aborted) break;
          if (isNew) {
            await stream.writeSSE({ event: 'status', data: JSON.stringify(await box.status()) });
            await stream.sleep(EVENT_INTERVAL);
          } else await stream.write(': still here\n\n');
        }
      } catch (error) {
        // Whoever follows asks anew.
        log.error(`A stream of events has ended: ${messageOf(error)}`);
      } finally {
        stop();
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
  routes.notFound((c) => {
    const { method, path } = c.req;
    const accepted = acceptedMethods(path).join(', ');
    if (accepted === '')
      return c.json({ error: `Cannot find "${path}": see /api/openapi.json for what there is` }, 404);
    c.header('allow', accepted);
    return c.json({ error: `Cannot use ${method} on "${path}": wanted is ${accepted}` }, 405);
  });
  routes.onError((error, c) => {
    if (error instanceof ConfigError) return c.json({ error: error.message, problems: error.problems }, 422);
    if (error instanceof UserError) return c.json({ error: error.message }, 422);
    options.log.error(`The control API failed on ${c.req.method} ${c.req.path}: ${error.message}`);
    return c.json({ error: error.message }, 500);
  });
  return routes;
}
