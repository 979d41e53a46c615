import type { Box } from '../../port/box.ts';
import { readBody } from './read-body.ts';
import { newCertificate } from './requests.ts';
import type { Routes } from './routes-type.ts';

/** The routes about certificates, and about what mail programs have to know. */
export function certificateRoutes(routes: Routes, box: Box): void {
  routes.get('/api/mail/client-setup', (c) => c.json(box.clientSetup()));
  routes.get('/api/certificate', (c) => c.json(box.certificate()));
  routes.post('/api/certificate', async (c) => {
    const { certificate, key } = await readBody(c.req, newCertificate);
    return c.json(await box.setCertificate(certificate, key));
  });
  routes.post('/api/certificate/remove', async (c) => c.json(await box.removeCertificate()));
  routes.post('/api/certificate/renew', async (c) => c.json(await box.renewCertificate()));
}
