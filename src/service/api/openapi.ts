import { z } from 'zod';
import { configSchema } from '../../config/schema.ts';

interface Operation {
  readonly method: 'get' | 'put' | 'post';
  readonly path: string;
  readonly summary: string;
  /** JSON Schema of the request's body. */
  readonly body?: unknown;
}

const newUser = {
  type: 'object',
  required: ['name', 'password'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    fullName: { type: 'string' },
    password: { type: 'string', minLength: 1 },
  },
};

const newPassword = {
  type: 'object',
  required: ['password'],
  additionalProperties: false,
  properties: { password: { type: 'string', minLength: 1 } },
};

/** Every operation of the control API, for the routes' test and the document. */
export const OPERATIONS: readonly Operation[] = [
  { method: 'get', path: '/api/status', summary: 'WAN, LAN, roles, services, mailboxes and counters now' },
  { method: 'get', path: '/api/leases', summary: 'The DHCP leases' },
  { method: 'get', path: '/api/names', summary: 'The names the box answers for' },
  { method: 'get', path: '/api/log', summary: 'The newest log entries; query: level, limit' },
  { method: 'get', path: '/api/health', summary: 'The tree of checks with the reason of each' },
  { method: 'get', path: '/api/config', summary: 'The configuration, secrets replaced' },
  {
    method: 'put',
    path: '/api/config',
    summary: 'Replaces the configuration in one transaction',
    body: z.toJSONSchema(configSchema, { io: 'input' }),
  },
  { method: 'get', path: '/api/users', summary: 'The people of the office' },
  { method: 'post', path: '/api/users', summary: 'Adds a person', body: newUser },
  {
    method: 'put',
    path: '/api/users/{name}/password',
    summary: 'Sets the password of a person',
    body: newPassword,
  },
  {
    method: 'get',
    path: '/api/events',
    summary: 'Server-sent events: "status" whenever the status has changed',
  },
  { method: 'get', path: '/api/openapi.json', summary: 'This document' },
];

function describeOperation({ path, summary, body }: Operation): unknown {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      '200': { description: 'Done' },
      '403': { description: 'The caller may only read' },
      '422': { description: 'Refused: { "error": sentence, "problems": [...] }' },
    },
  };
}

/** The OpenAPI 3.1 document of the control API. */
export function openApiDocument(version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describeOperation(operation) };
  }
  return { openapi: '3.1.0', info: { title: 'Gatepost control API', version }, paths };
}
