import type { Hono } from 'hono';

/** What the server knows of a caller from its socket. */
export interface CallerBindings {
  /** Whether the caller may change things: root, by the kernel's word on the socket's other end. */
  readonly mayWrite: boolean;
}

export type Routes = Hono<{ Bindings: CallerBindings }>;
