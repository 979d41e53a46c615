import type * as z from 'zod';
import { configSchema } from '../../config/schema.ts';
import { MAIL_QUEUE_ACTIONS } from '../../port/mail-queue-view.ts';
import type { AnswerName } from './answers.ts';
import { mailImport } from './mail-import.ts';
import {
  explainQuery,
  flowFilter,
  flowQuery,
  listQuery,
  logQuery,
  newAlias,
  newCertificate,
  newPassword,
  newQuota,
  newReservation,
  newUser,
  oneAlias,
  oneDevice,
  oneLease,
  queueQuery,
  removal,
  resetRequest,
  rollback,
} from './requests.ts';

/** What is carried besides JSON: a file, lines of JSON, events. */
type OtherContent = 'application/octet-stream' | 'application/x-ndjson' | 'text/event-stream';

/** One method of one path. */
export interface Operation {
  readonly method: 'get' | 'put' | 'post';
  readonly path: string;
  readonly summary: string;
  /** The schema that reads the query. */
  readonly query?: z.ZodObject;
  /** The schema that reads the body. JSON Schemas take long to make, and are made for who asks for the document. */
  readonly body?: z.ZodType | OtherContent;
  /** `Config` and `Document` are any object: the one is described where it is put, the other by its own standard. */
  readonly answer: AnswerName | 'Config' | 'Document' | OtherContent;
}

const QUEUE_SUMMARIES = {
  retry: 'Tries a message of the queue now',
  hold: 'Keeps it until it is released',
  release: 'Lets it go',
  delete: 'Takes it out without a word to anybody',
  bounce: 'Returns it to its sender',
} as const;

const NETWORK: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/status',
    summary: 'WAN, LAN, roles, services, mailboxes and counters now',
    answer: 'Status',
  },
  { method: 'get', path: '/api/leases', summary: 'The DHCP leases', answer: 'Leases' },
  {
    method: 'post',
    path: '/api/leases/end',
    summary: 'Ends a lease before its time',
    body: oneLease,
    answer: 'Done',
  },
  {
    method: 'post',
    path: '/api/leases/pin',
    summary: 'Makes a lease a reservation',
    body: newReservation,
    answer: 'Changes',
  },
  {
    method: 'get',
    path: '/api/flows',
    summary: 'The connections through and to the box',
    query: flowQuery,
    answer: 'Flows',
  },
  {
    method: 'post',
    path: '/api/flows/end',
    summary: 'Ends connections; the answer has their number',
    body: flowFilter,
    answer: 'EndedFlows',
  },
  {
    method: 'get',
    path: '/api/firewall',
    summary: 'What the firewall does, in words, with counters',
    answer: 'Firewall',
  },
  {
    method: 'get',
    path: '/api/firewall/explain',
    summary: 'What would happen to a connection, and which line of the configuration decides',
    query: explainQuery,
    answer: 'Explanation',
  },
  {
    method: 'post',
    path: '/api/firewall/block',
    summary: 'Takes a LAN device its way beyond the LAN',
    body: oneDevice,
    answer: 'Changes',
  },
  {
    method: 'post',
    path: '/api/firewall/unblock',
    summary: 'Gives a LAN device its way back',
    body: oneDevice,
    answer: 'Changes',
  },
  { method: 'get', path: '/api/names', summary: 'The names the box answers for', answer: 'Names' },
  { method: 'get', path: '/api/log', summary: 'The newest log entries', query: logQuery, answer: 'Log' },
  {
    method: 'get',
    path: '/api/health',
    summary: 'The tree of checks with the reason of each',
    answer: 'Health',
  },
];

const SETTINGS: readonly Operation[] = [
  { method: 'get', path: '/api/config', summary: 'The configuration, secrets replaced', answer: 'Config' },
  {
    method: 'put',
    path: '/api/config',
    summary: 'Replaces the configuration in one transaction',
    body: configSchema,
    answer: 'Changes',
  },
  {
    method: 'get',
    path: '/api/config/history',
    summary: 'The latest changes of the configuration',
    answer: 'ConfigHistory',
  },
  {
    method: 'post',
    path: '/api/config/rollback',
    summary: 'Goes back to the configuration before a change, or before the latest',
    body: rollback,
    answer: 'Changes',
  },
  { method: 'get', path: '/api/users', summary: 'The people of the office', answer: 'Users' },
  { method: 'post', path: '/api/users', summary: 'Adds a person', body: newUser, answer: 'Done' },
  {
    method: 'post',
    path: '/api/users/{name}/remove',
    summary: 'Takes a person out; the mailbox is kept unless deleteMail',
    body: removal,
    answer: 'RemovedUser',
  },
  {
    method: 'put',
    path: '/api/users/{name}/password',
    summary: 'Sets the password of a person',
    body: newPassword,
    answer: 'Done',
  },
  {
    method: 'put',
    path: '/api/users/{name}/quota',
    summary: 'Sets the most the mailbox of a person may hold, such as "2G"; null is no limit',
    body: newQuota,
    answer: 'Done',
  },
  {
    method: 'get',
    path: '/api/aliases',
    summary: 'Other names and groups, and who gets their mail',
    answer: 'Aliases',
  },
  {
    method: 'post',
    path: '/api/aliases',
    summary: 'Makes or replaces an alias',
    body: newAlias,
    answer: 'Done',
  },
  {
    method: 'post',
    path: '/api/aliases/remove',
    summary: 'Takes an alias away',
    body: oneAlias,
    answer: 'Done',
  },
];

const MAIL: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/mail/queue',
    summary: 'Mail that waits to be sent to other hosts: by destination, and so many entries of it in full',
    query: queueQuery,
    answer: 'MailQueue',
  },
  {
    method: 'get',
    path: '/api/mail/queue/{id}/history',
    summary: 'What happened to the message of an entry, also after it has left',
    answer: 'MailHistory',
  },
  ...MAIL_QUEUE_ACTIONS.map((action) => ({
    method: 'post' as const,
    path: `/api/mail/queue/{id}/${action}`,
    summary: QUEUE_SUMMARIES[action],
    answer: 'Done' as const,
  })),
  {
    method: 'get',
    path: '/api/mail/client-setup',
    summary: 'What has to be known for setting up a mail program',
    answer: 'ClientSetup',
  },
  {
    method: 'get',
    path: '/api/mail/store',
    summary: 'When all stored mail was last checked, and what of it is damaged',
    answer: 'MailStore',
  },
  {
    method: 'get',
    path: '/api/mail/mailboxes/{name}/messages',
    summary:
      'Sizes and times of the messages of a mailbox, the oldest first, a thousand at a time, behind the UID "after"',
    query: listQuery,
    answer: 'MailList',
  },
  {
    method: 'post',
    path: '/api/mail/mailboxes/{name}/messages',
    summary: 'Puts messages into a mailbox as they are, in base64; one above a megabyte piece by piece',
    body: mailImport,
    answer: 'MailImported',
  },
];

const MACHINE: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/update',
    summary: 'Which system runs, and how the last update went; null where there is no image',
    answer: 'Update',
  },
  {
    method: 'post',
    path: '/api/update',
    summary:
      'Installs an update; the answer is a JSON object a line: progress, then "version", or "error" with the reason',
    body: 'application/octet-stream',
    answer: 'application/x-ndjson',
  },
  {
    method: 'post',
    path: '/api/update/back',
    summary: 'Restarts the box into the system before the last update',
    answer: 'Done',
  },
  {
    method: 'get',
    path: '/api/certificate',
    summary: 'The certificate in force, and the authority of the box',
    answer: 'Certificate',
  },
  {
    method: 'post',
    path: '/api/certificate',
    summary: 'Puts a certificate of the owner in force; both texts are PEM',
    body: newCertificate,
    answer: 'Changes',
  },
  {
    method: 'post',
    path: '/api/certificate/remove',
    summary: "Goes back to the box's own certificate",
    answer: 'Changes',
  },
  {
    method: 'post',
    path: '/api/certificate/renew',
    summary: 'Makes a new authority of the box',
    answer: 'Changes',
  },
  {
    method: 'get',
    path: '/api/reset',
    summary: 'What a reset of each kind takes and leaves, and how it is taken back',
    answer: 'ResetScopes',
  },
  {
    method: 'post',
    path: '/api/reset',
    summary: 'Puts the box back to factory settings, and restarts it',
    body: resetRequest,
    answer: 'Done',
  },
  {
    method: 'get',
    path: '/api/data',
    summary: 'Where the data are, whether they can be used, and formatted if not',
    answer: 'Data',
  },
  {
    method: 'post',
    path: '/api/data/format',
    summary: 'Has broken data formatted at the next start, and restarts the box',
    answer: 'Done',
  },
  { method: 'post', path: '/api/restart', summary: 'Starts the board again', answer: 'Done' },
  {
    method: 'get',
    path: '/api/events',
    summary: 'Server-sent events: "status" whenever the status has changed',
    answer: 'text/event-stream',
  },
  { method: 'get', path: '/api/openapi.json', summary: 'This document', answer: 'Document' },
];

/** Every operation of the control API. */
export const OPERATIONS: readonly Operation[] = [...NETWORK, ...SETTINGS, ...MAIL, ...MACHINE];

/** The methods a path takes; none if there is no such path. */
export function acceptedMethods(path: string): string[] {
  const parts = path.split('/');
  return OPERATIONS.filter((operation) => {
    const wanted = operation.path.split('/');
    return (
      wanted.length === parts.length &&
      wanted.every((part, index) => part === parts[index] || (part.startsWith('{') && parts[index] !== ''))
    );
  }).map(({ method }) => method.toUpperCase());
}
