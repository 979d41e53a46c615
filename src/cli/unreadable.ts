import { UserError, messageOf } from '../base/errors.ts';
import { kernelErrorFrom } from '../io/node/errors.ts';

/** A file that the caller has named, "the configuration", and that cannot be read: another name would do. */
export function unreadable(what: string, path: string, error: unknown): UserError {
  return new UserError(messageOf(kernelErrorFrom(`read ${what} "${path}"`, error)));
}
