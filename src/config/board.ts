import * as z from 'zod';
import { UserError, messageOf } from '../base/errors.ts';

/** What the image tells the box of the board it runs on: facts, none of them the owner's to choose. */
const boardSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  slots: z.strictObject({ a: z.string().startsWith('/dev/'), b: z.string().startsWith('/dev/') }),
  slotState: z.strictObject({
    device: z.string().startsWith('/dev/'),
    offsets: z.tuple([sectorOffset(), sectorOffset()]),
  }),
  updateKeys: z.array(z.base64()).min(1),
  /** The partition of the data. */
  data: z.string().startsWith('/dev/').optional(),
  /** The button that resets the box when it is held: an input device of the kernel, and the number of its key (linux/input-event-codes.h). */
  resetButton: z
    .strictObject({ device: z.string().startsWith('/'), key: z.number().int().min(1).max(0x2ff) })
    .optional(),
  watchdog: z.string().startsWith('/').optional(),
});

export type Board = z.output<typeof boardSchema>;

function sectorOffset() {
  return z.number().int().min(0).multipleOf(512);
}

/** Reads the description of a board. @throws UserError */
export function readBoard(text: string): Board {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`Cannot read the description of the board: it is not JSON (${messageOf(error)})`);
  }
  const result = boardSchema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(
    `Cannot use the description of the board: ${z.prettifyError(result.error).replaceAll('\n', ' ')}`,
  );
}
