import assert from 'node:assert/strict';
import { ConfigError } from '../../../src/base/errors.ts';
import { readConfig } from '../../../src/config/load.ts';

/** The problems of a configuration with this `dhcp`, as the owner reads them. */
export function sentences(dhcp: object, others: object = {}): readonly string[] {
  try {
    readConfig({ version: 1, dhcp, ...others });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ path, found, wanted }) => `${path}: found ${found}, wanted ${wanted}`);
  }
}
