import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '../../../src/port/log.ts';
import { answerSchemas } from '../../../src/service/api/answers.ts';
import { openApiDocument } from '../../../src/service/api/openapi.ts';
import { OPERATIONS } from '../../../src/service/api/operations.ts';
import { apiRoutes } from '../../../src/service/api/routes.ts';
import { FakeBox } from '../../fake/fake-box.ts';

const ignore = (): void => undefined;
const log: Log = { debug: ignore, info: ignore, notice: ignore, warn: ignore, error: ignore, fatal: ignore };

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: unknown;
  }[];
  readonly responses: Readonly<Record<string, unknown>>;
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}
const document = openApiDocument('0.1.0') as OpenApi;

test('openApiDocument() refers only to schemas it holds, and names every operation once', () => {
  const references = JSON.stringify(document).match(/"\$ref":"[^"]*"/g) ?? [];
  assert.ok(references.length > 50);
  for (const reference of new Set(references)) {
    const [, name = ''] = /"#\/components\/schemas\/(\w+)"/.exec(reference) ?? [];
    assert.ok(name in document.components.schemas, reference);
  }
  const names = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  assert.equal(new Set(names).size, OPERATIONS.length);
});

test('openApiDocument() says what a query takes', () => {
  const parametersOf = (path: string): unknown => document.paths[path]?.['get']?.parameters;
  assert.deepEqual(parametersOf('/api/log'), [
    {
      name: 'level',
      in: 'query',
      required: false,
      schema: {
        default: 'info',
        type: 'string',
        enum: ['debug', 'info', 'notice', 'warn', 'error', 'fatal'],
      },
    },
    {
      name: 'limit',
      in: 'query',
      required: false,
      schema: { default: 200, type: 'integer', minimum: 1, maximum: 2000 },
    },
  ]);
  assert.deepEqual(
    document.paths['/api/firewall/explain']?.['get']?.parameters?.map(({ name, required }) => [
      name,
      required,
    ]),
    [
      ['from', true],
      ['to', true],
      ['what', true],
    ],
  );
});

test('every reading operation answers as the document says, with no key that it does not name', async () => {
  const routes = apiRoutes({ box: new FakeBox(), version: '0.1.0', log });
  const schemas: Readonly<Record<string, { parse(value: unknown): unknown }>> = answerSchemas();
  for (const { method, path, answer } of OPERATIONS) {
    if (method !== 'get' || !(answer in schemas)) continue;
    const query = path.endsWith('explain') ? '?from=lan&to=box&what=icmp' : '';
    const response = await routes.request(
      path.replace('{id}', '7').replace('{name}', 'bob') + query,
      undefined,
      {
        mayWrite: false,
      },
    );
    assert.equal(response.status, 200, path);
    schemas[answer]?.parse(await response.json());
  }
});
