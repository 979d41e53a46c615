import type { ControlClient } from '../../src/web/control-client.ts';
import type { FakeBox } from './fake-box.ts';

/** The control API of a fake box without a socket between. */
export function fakeControl(box: FakeBox): ControlClient {
  const answers: Readonly<Record<string, () => unknown>> = {
    '/api/status': () => box.status(),
    '/api/leases': () => box.leases(),
    '/api/names': () => box.names(),
    '/api/health': () => box.health(),
    '/api/firewall': () => box.firewall(),
    '/api/mail/client-setup': () => box.clientSetup(),
    '/api/mail/queue?entries=0': () => box.mailQueue(0),
    '/api/certificate': () => box.certificate(),
  };
  return {
    get: async <T>(path: string) => (await answers[path]?.()) as T,
    follow: (onStatus, signal) =>
      new Promise((_resolve, reject) => {
        const stop = box.subscribe(() => onStatus('{}'));
        // The first event tells how things are.
        onStatus('{}');
        signal.addEventListener('abort', () => {
          stop();
          reject(new Error('ended'));
        });
      }),
  };
}
