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
  /** What `gatepost check` says is wanted there. */
  readonly wanted?: string;
}

interface Row {
  readonly key: string;
  readonly fallback: string;
  readonly wanted: string;
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

/** The schema's own words for what it takes; zod's begin with a capital letter. */
function wantedBy(schema: z.core.$ZodType): string | undefined {
  const { error } = z.safeParse(schema, Symbol('of no shape'));
  const message = error?.issues[0]?.message ?? '';
  return /^[a-z"]/.test(message) ? message : undefined;
}

function wantedOf({ wanted, items }: JsonSchema): string {
  if (items === undefined) return wanted ?? '';
  // What is not offered has no entries, and says so itself.
  if (items.wanted?.startsWith('an empty list') === true) return items.wanted;
  return items.wanted === undefined ? 'a list' : `a list, each ${items.wanted}`;
}

function rowsOf(schema: JsonSchema, prefix: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const inner = child.items === undefined ? objectsOf(child) : objectsOf(child.items);
    const innerPrefix = child.items === undefined ? key : `${key}[]`;
    const isSection = inner.length > 0 && child.items === undefined;
    const required = schema.required?.includes(name) ?? false;
    return [
      {
        key,
        fallback: isSection && child.default !== null ? '' : fallbackOf(child, required),
        wanted: wantedOf(child),
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

\`\`\`json
{
  "version": 1,
  "system": { "domain": "office.example" },
  "wan": { "ipv4": { "method": "static", "address": "198.51.100.7/24", "gateway": "198.51.100.1" } },
  "firewall": {
    "publicServices": ["smtp"],
    "forwards": [{ "name": "camera", "protocol": "tcp", "port": "8443", "to": "192.168.77.20", "toPort": 443 }]
  },
  "dhcp": { "reservations": [{ "mac": "02:00:00:00:00:20", "address": "192.168.77.20", "name": "camera" }] },
  "dns": { "upstreams": ["udp://192.0.2.53"] }
}
\`\`\`

What is wanted stands here in the words of \`gatepost check\`; \`null\` may be given where it is the default. This page is made from the schema by \`npm run docs\`.

| key | default | wanted | what it is |
|---|---|---|---|
`;

/** docs/configuration.md: every key of the schema with its default and description. */
export function configurationPage(): string {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const wanted = wantedBy(zodSchema);
      if (wanted !== undefined) jsonSchema['wanted'] = wanted;
    },
  }) as JsonSchema;
  const seen = new Set<string>();
  const rows = rowsOf(schema, '').filter(({ key }) => !seen.has(key) && seen.add(key));
  return (
    INTRODUCTION +
    rows
      .map(
        ({ key, fallback, wanted, description }) =>
          `| ${code(key)} | ${fallback} | ${wanted} | ${description} |\n`,
      )
      .join('')
  );
}
