import process from 'node:process';
import { Guardian } from './guardian.ts';
import type { RunSettings } from './settings.ts';

// guardian.mjs BUNDLE SETTINGS
const [bundle = '', settings = ''] = process.argv.slice(2);
void new Guardian(JSON.parse(settings) as RunSettings, bundle);
