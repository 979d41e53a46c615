// npm run docs: writes the pages of docs/ that are made from the source; a test fails when they are out of date.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationPage } from './config-docs.ts';

writeFileSync(join(import.meta.dirname, '../docs/configuration.md'), configurationPage());
