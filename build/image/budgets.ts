import { UserError } from '../../src/base/errors.ts';

/** A size that must not grow unnoticed. */
export interface Budget {
  readonly name: string;
  readonly octets: number;
  readonly most: number;
}

const MB = 1_000_000;
/** What an owner downloads. */
export const COMPRESSED_IMAGE_OCTETS = 85 * MB;

export function budgetLines(budgets: readonly Budget[]): string[] {
  return budgets.map(
    ({ name, octets, most }) =>
      `${name}: ${megabytes(octets)} of ${megabytes(most)} MB${octets > most ? ', over' : ''}`,
  );
}

/** @throws UserError naming what is too large */
export function requireBudgets(budgets: readonly Budget[]): void {
  const over = budgets.filter(({ octets, most }) => octets > most);
  if (over.length > 0)
    throw new UserError(
      `Cannot ship this image: ${budgetLines(over).join('; ')}; the manifest beside it names the largest files`,
    );
}

function megabytes(octets: number): string {
  return (octets / MB).toFixed(1);
}
