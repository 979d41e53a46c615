import { z } from 'zod';
import { configSchema } from '../src/config/schema.ts';

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

interface Row {
  readonly key: string;
  readonly fallback: string;
  readonly description: string;
}

const code = (text: string): string => `\`${text}\``;

/** The schemas of objects behind a key: itself, the items of a list, the branches of a choice. */
function objectsOf(schema: JsonSchema): readonly JsonSchema[] {
  const branches = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return branches.filter(({ properties }) => properties !== undefined);
}

function fallbackOf(schema: JsonSchema, required: boolean): string {
  if (schema.default !== undefined) return code(JSON.stringify(schema.default));
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  return required ? 'must be given' : '';
}

function rowsOf(schema: JsonSchema, prefix: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const inner = child.items === undefined ? objectsOf(child) : objectsOf(child.items);
    const innerPrefix = child.items === undefined ? key : `${key}[]`;
    const required = schema.required?.includes(name) ?? false;
    return [
      {
        key,
        fallback: inner.length > 0 && child.items === undefined ? '' : fallbackOf(child, required),
        description: child.description ?? '',
      },
      ...inner.flatMap((one) => rowsOf(one, innerPrefix)),
    ];
  });
}

const INTRODUCTION = `# Configuration

One JSON file. \`{ "version": 1 }\` is enough: every other key has a default. Unknown keys are errors, and \`gatepost check FILE\`
names every error at once with its path, what was found and what is wanted. Durations are written \`"90s"\`, \`"5m"\`, \`"12h"\` or \`"7d"\`, sizes \`"500K"\`,
\`"25M"\` or \`"1G"\`, networks \`"192.168.77.1/24"\`. A device is named by its interface name or as \`"mac:02:00:00:00:00:01"\`, so that ports cannot swap at boot.

A new configuration is one transaction: it is validated as a whole and applied as a whole, or nothing changes. The last 50 are kept
under \`config/history\` in the data directory.

This page is made from the schema by \`npm run docs\`.

| key | default | what it is |
|---|---|---|
`;

/** docs/configuration.md: every key of the schema with its default and description. */
export function configurationPage(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const seen = new Set<string>();
  const rows = rowsOf(schema, '').filter(({ key }) => !seen.has(key) && seen.add(key));
  return (
    INTRODUCTION +
    rows.map(({ key, fallback, description }) => `| ${code(key)} | ${fallback} | ${description} |\n`).join('')
  );
}
