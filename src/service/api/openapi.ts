import * as z from 'zod';
import { answerSchemas } from './answers.ts';
import { OPERATIONS, type Operation } from './operations.ts';

const SCHEMAS = '#/components/schemas/';
const REFUSAL = z.strictObject({
  error: z.string().describe('One sentence.'),
  problems: z
    .array(z.strictObject({ path: z.string(), found: z.string(), wanted: z.string() }))
    .optional()
    .describe('Of a configuration: everything that is wrong with it.'),
});

/** Without what makes it a document of its own. */
function bare(schema: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema' && key !== '$id'));
}

function schemaOf(schema: z.ZodType): object {
  return bare(z.toJSONSchema(schema, { io: 'input' }));
}

/** The content of a body or an answer: a schema, the name of one, or the type of what is no JSON. */
function contentOf(what: z.ZodType | string): object {
  if (typeof what !== 'string') return { 'application/json': { schema: schemaOf(what) } };
  if (what.includes('/')) return { [what]: { schema: { type: 'string' } } };
  if (what === 'Config' || what === 'Document') return { 'application/json': { schema: { type: 'object' } } };
  return { 'application/json': { schema: { $ref: `${SCHEMAS}${what}` } } };
}

function queryParameters(query: z.ZodObject | undefined): object[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

/** `getFirewallExplain`. */
function operationName(method: string, path: string): string {
  const words = path.split(/[^a-z]+/i).filter((word) => word !== '' && word !== 'api');
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function describeOperation({ path, summary, method, query, body, answer }: Operation): unknown {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'id' ? { type: 'integer', minimum: 1 } : { type: 'string' },
  }));
  const parameters = [...inPath, ...queryParameters(query)];
  const refused = (description: string): object => ({ description, content: contentOf('Refusal') });
  return {
    summary,
    operationId: operationName(method, path),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body) } }),
    responses: {
      '200': { description: 'Done', content: contentOf(answer) },
      ...(method === 'get' ? {} : { '403': refused('The caller may only read') }),
      ...(body === undefined || typeof body === 'string' ? {} : { '413': refused('The body is too large') }),
      '422': refused('Refused'),
      '500': refused('It failed'),
    },
  };
}

function components(): object {
  const registry = z.registry<{ readonly id: string }>();
  for (const [id, schema] of Object.entries(answerSchemas())) registry.add(schema, { id });
  registry.add(REFUSAL, { id: 'Refusal' });
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `${SCHEMAS}${id}` });
  return {
    schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, bare(schema)])),
  };
}

/** The OpenAPI 3.1 document of the control API. */
export function openApiDocument(version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describeOperation(operation) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Gatepost control API', version },
    paths,
    components: components(),
  };
}
