import type { Machine } from '../../port/machine.ts';
import { readBody } from './read-body.ts';
import { resetRequest } from './requests.ts';
import type { Routes } from './routes-type.ts';

/** `/api/reset` and `/api/restart`. */
export function machineRoutes(routes: Routes, machine: Machine): void {
  routes.get('/api/reset', (c) => c.json(machine.resetScopes()));
  routes.post('/api/reset', async (c) => {
    await machine.reset((await readBody(c.req, resetRequest)).kind);
    return c.json({});
  });
  routes.get('/api/data', (c) => c.json(machine.dataState()));
  routes.post('/api/data/format', async (c) => {
    await machine.formatData();
    return c.json({});
  });
  routes.post('/api/restart', (c) => {
    machine.restart();
    return c.json({});
  });
}
