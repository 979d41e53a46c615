import { KernelError } from '../../base/errors.ts';

const DETAILS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses that address and port already',
  EADDRNOTAVAIL: 'no device of this machine has that address',
  EACCES: 'this process may not do that',
  EPERM: 'this process may not do that',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the other side broke the connection off',
  EPIPE: 'the other side has closed the connection',
  ETIMEDOUT: 'no answer in time',
  ENETUNREACH: 'there is no route to that network',
  EHOSTUNREACH: 'there is no route to that host',
  ENOSPC: 'the storage is full',
  ENOENT: 'there is no such file or directory',
  EISDIR: 'it is a directory',
  EEXIST: 'something else has that name',
  ENOTDIR: 'a part of the path is no directory',
  EROFS: 'the storage can only be read',
  EMFILE: 'too many files are open',
};

function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/**
 * The KernelError for what a Node API threw while doing `operation` ("listen on TCP 192.0.2.1:53").
 * What carries no errno is none of the kernel's errors and is returned as it is.
 */
export function kernelErrorFrom(operation: string, error: unknown): Error {
  const errno = errnoOf(error);
  if (errno === undefined) return error instanceof Error ? error : new Error(String(error));
  return new KernelError(operation, errno, DETAILS[errno]);
}
