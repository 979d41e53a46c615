import type { IncomingMessage } from 'node:http';
import { socketPeer } from './ffi.ts';

/** The user who opened the Unix connection a request came over, by the kernel's word (unix(7), SO_PEERCRED); -1 if it cannot be told. */
export function peerUid(request: IncomingMessage): number {
  // Node keeps the descriptor of a pipe on its handle and has no official name for it.
  const { _handle: handle } = request.socket as unknown as { readonly _handle?: { readonly fd?: number } };
  return handle?.fd === undefined || handle.fd < 0 ? -1 : socketPeer(handle.fd).uid;
}
