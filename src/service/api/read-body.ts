import type * as z from 'zod';
import { UserError, messageOf } from '../../base/errors.ts';
import { problemsOf } from '../../config/problems.ts';

/** The JSON value of a request, as the schema wants it. @throws UserError */
export async function readBody<T>(request: { json(): Promise<unknown> }, schema: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    value = await request.json();
  } catch (error) {
    throw new UserError(`Cannot read the request: its body is not JSON (${messageOf(error)})`);
  }
  return checked(value, schema);
}

/** The value as the schema wants it. @throws UserError */
export function checked<T>(value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = problemsOf(value, result.error.issues).map(
    ({ path, found, wanted }) =>
      `${path === '' ? 'the whole of it' : path}: found ${found}, wanted ${wanted}`,
  );
  throw new UserError(`Cannot use the request: ${problems.join('; ')}`);
}
