import * as z from 'zod';
import { configSchema } from '../../config/schema.ts';
import { RESET_KINDS } from '../../port/machine.ts';
import { MAIL_QUEUE_ACTIONS } from '../../port/mail-queue-view.ts';
import { mailImport } from './mail-import.ts';

interface Operation {
  readonly method: 'get' | 'put' | 'post';
  readonly path: string;
  readonly summary: string;
  /** Names of the query's parameters. */
  readonly query?: readonly string[];
  /** JSON Schema of the request's body. */
  readonly body?: unknown;
  /** The schema that reads the body. Its JSON Schema takes long to make, and is made for who asks for the document. */
  readonly bodySchema?: z.ZodType;
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

const newQuota = {
  type: 'object',
  required: ['quota'],
  additionalProperties: false,
  properties: { quota: { type: ['string', 'null'] } },
};

/** A body of texts; those with a question mark may be left out. */
function texts(...names: readonly string[]): unknown {
  const required = names.filter((name) => !name.endsWith('?'));
  const properties = Object.fromEntries(names.map((name) => [name.replace('?', ''), { type: 'string' }]));
  return { type: 'object', required, additionalProperties: false, properties };
}

const flowFilter = {
  type: 'object',
  additionalProperties: false,
  properties: {
    address: { type: 'string' },
    port: { type: 'integer', minimum: 1, maximum: 65_535 },
    protocol: { type: 'string' },
  },
};

const QUEUE_SUMMARIES = {
  retry: 'Tries a message of the queue now',
  hold: 'Keeps it until it is released',
  release: 'Lets it go',
  delete: 'Takes it out without a word to anybody',
  bounce: 'Returns it to its sender',
} as const;

/** Every operation of the control API, for the routes' test and the document. */
export const OPERATIONS: readonly Operation[] = [
  { method: 'get', path: '/api/status', summary: 'WAN, LAN, roles, services, mailboxes and counters now' },
  { method: 'get', path: '/api/leases', summary: 'The DHCP leases' },
  {
    method: 'post',
    path: '/api/leases/end',
    summary: 'Ends a lease before its time',
    body: texts('address'),
  },
  {
    method: 'post',
    path: '/api/leases/pin',
    summary: 'Makes a lease a reservation',
    body: texts('address', 'name?'),
  },
  {
    method: 'get',
    path: '/api/flows',
    summary: 'The connections through and to the box',
    query: ['address', 'port', 'protocol'],
  },
  {
    method: 'post',
    path: '/api/flows/end',
    summary: 'Ends connections; the answer has their number',
    body: flowFilter,
  },
  { method: 'get', path: '/api/firewall', summary: 'What the firewall does, in words, with counters' },
  {
    method: 'get',
    path: '/api/firewall/explain',
    summary: 'What would happen to a connection, and which line of the configuration decides',
    query: ['from', 'to', 'what'],
  },
  {
    method: 'post',
    path: '/api/firewall/block',
    summary: 'Takes a LAN device its way beyond the LAN',
    body: texts('device'),
  },
  {
    method: 'post',
    path: '/api/firewall/unblock',
    summary: 'Gives a LAN device its way back',
    body: texts('device'),
  },
  { method: 'get', path: '/api/names', summary: 'The names the box answers for' },
  { method: 'get', path: '/api/log', summary: 'The newest log entries; query: level, limit' },
  { method: 'get', path: '/api/health', summary: 'The tree of checks with the reason of each' },
  { method: 'get', path: '/api/config', summary: 'The configuration, secrets replaced' },
  {
    method: 'put',
    path: '/api/config',
    summary: 'Replaces the configuration in one transaction',
    bodySchema: configSchema,
  },
  { method: 'get', path: '/api/config/history', summary: 'The latest changes of the configuration' },
  {
    method: 'post',
    path: '/api/config/rollback',
    summary: 'Goes back to the configuration before a change, or before the latest',
    body: {
      type: 'object',
      additionalProperties: false,
      properties: { change: { type: 'integer', minimum: 1 } },
    },
  },
  { method: 'get', path: '/api/users', summary: 'The people of the office' },
  { method: 'post', path: '/api/users', summary: 'Adds a person', body: newUser },
  {
    method: 'post',
    path: '/api/users/{name}/remove',
    summary: 'Takes a person out; the mailbox is kept unless deleteMail',
    body: {
      type: 'object',
      additionalProperties: false,
      properties: { deleteMail: { type: 'boolean', default: false } },
    },
  },
  {
    method: 'put',
    path: '/api/users/{name}/password',
    summary: 'Sets the password of a person',
    body: newPassword,
  },
  {
    method: 'put',
    path: '/api/users/{name}/quota',
    summary: 'Sets the most the mailbox of a person may hold, such as "2G"; null is no limit',
    body: newQuota,
  },
  { method: 'get', path: '/api/aliases', summary: 'Other names and groups, and who gets their mail' },
  {
    method: 'post',
    path: '/api/aliases',
    summary: 'Makes or replaces an alias',
    body: {
      type: 'object',
      required: ['name', 'members'],
      additionalProperties: false,
      properties: { name: { type: 'string' }, members: { type: 'array', items: { type: 'string' } } },
    },
  },
  { method: 'post', path: '/api/aliases/remove', summary: 'Takes an alias away', body: texts('name') },
  {
    method: 'get',
    path: '/api/mail/queue',
    summary: 'Mail that waits to be sent to other hosts: by destination, and so many entries of it in full',
    query: ['entries'],
  },
  {
    method: 'get',
    path: '/api/mail/queue/{id}/history',
    summary: 'What happened to the message of an entry, also after it has left',
  },
  ...MAIL_QUEUE_ACTIONS.map((action) => ({
    method: 'post' as const,
    path: `/api/mail/queue/{id}/${action}`,
    summary: QUEUE_SUMMARIES[action],
  })),
  { method: 'get', path: '/api/update', summary: 'Which system runs, and how the last update went' },
  {
    method: 'post',
    path: '/api/update',
    summary: 'Installs an update; the body is the file, the answer a JSON object a line with the progress',
  },
  {
    method: 'post',
    path: '/api/update/back',
    summary: 'Restarts the box into the system before the last update',
  },
  {
    method: 'get',
    path: '/api/mail/client-setup',
    summary: 'What has to be known for setting up a mail program',
  },
  {
    method: 'get',
    path: '/api/certificate',
    summary: 'The certificate in force, and the authority of the box',
  },
  {
    method: 'post',
    path: '/api/certificate',
    summary: 'Puts a certificate of the owner in force; both texts are PEM',
    body: texts('certificate', 'key'),
  },
  {
    method: 'post',
    path: '/api/certificate/remove',
    summary: "Goes back to the box's own certificate",
  },
  { method: 'post', path: '/api/certificate/renew', summary: 'Makes a new authority of the box' },
  {
    method: 'get',
    path: '/api/mail/store',
    summary: 'When all stored mail was last checked, and what of it is damaged',
  },
  {
    method: 'get',
    path: '/api/mail/mailboxes/{name}/messages',
    summary:
      'Sizes and times of the messages of a mailbox, the oldest first, a thousand at a time; query: after, a UID',
    query: ['after'],
  },
  {
    method: 'post',
    path: '/api/mail/mailboxes/{name}/messages',
    summary: 'Puts messages into a mailbox as they are, in base64; one above a megabyte piece by piece',
    bodySchema: mailImport,
  },
  {
    method: 'get',
    path: '/api/reset',
    summary: 'What a reset of each kind takes and leaves, and how it is taken back',
  },
  {
    method: 'post',
    path: '/api/reset',
    summary: 'Puts the box back to factory settings, and restarts it',
    body: {
      type: 'object',
      required: ['kind'],
      additionalProperties: false,
      properties: { kind: { enum: RESET_KINDS } },
    },
  },
  { method: 'get', path: '/api/data', summary: 'Whether the data can be used, and formatted if not' },
  {
    method: 'post',
    path: '/api/data/format',
    summary: 'Has broken data formatted at the next start, and restarts the box',
  },
  { method: 'post', path: '/api/restart', summary: 'Starts the board again' },
  {
    method: 'get',
    path: '/api/events',
    summary: 'Server-sent events: "status" whenever the status has changed',
  },
  { method: 'get', path: '/api/openapi.json', summary: 'This document' },
];

function describeOperation({ path, summary, query = [], ...operation }: Operation): unknown {
  const { bodySchema, body = bodySchema && z.toJSONSchema(bodySchema, { io: 'input' }) } = operation;
  const schema = { type: 'string' };
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema,
  }));
  const parameters = [...inPath, ...query.map((name) => ({ name, in: 'query', required: false, schema }))];
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
