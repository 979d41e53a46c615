import * as z from 'zod';
import type { ClientSetup } from '../../base/client-setup.ts';
import type {
  AliasStatus,
  BoxStatus,
  LeaseStatus,
  LogLine,
  NameStatus,
  RemovedUser,
  UserStatus,
} from '../../port/box.ts';
import type { CertificateStatus } from '../../port/certificate.ts';
import type { ConfigChange } from '../../port/config-history.ts';
import type { ExplainAnswer, FirewallView, FlowListing } from '../../port/gate-status.ts';
import type { HealthNode, HealthReport } from '../../port/health-report.ts';
import { LOG_LEVELS } from '../../port/log.ts';
import type { DataState, ResetKind, ResetScope } from '../../port/machine.ts';
import type { MailHistoryEvent, MailQueueView } from '../../port/mail-queue-view.ts';
import type { MailImported, MailList, MailStoreStatus } from '../../port/mail-import.ts';
import type { UpdateStatus } from '../../port/update-status.ts';

/*
 * What the control API answers, for its OpenAPI document: the ports say what each thing means, and the compiler holds these to
 * them. Made for who asks for the document, as few ever do.
 */

const text = z.string();
const whole = z.int();
const time = z.iso.datetime();
const link = z.enum(['up', 'down', 'missing']);
const traffic = z.strictObject({ packets: whole, bytes: whole });
const done: z.ZodType<object> = z.strictObject({});
/** One line for each thing that changed. */
const changes: z.ZodType<readonly string[]> = z.array(text);

function status(): z.ZodType<BoxStatus> {
  const counts = z.record(text, z.number());
  const lease = z.strictObject({ server: text, obtained: time, tookMs: z.number(), expires: time });
  const wan = z.strictObject({
    device: text,
    method: z.enum(['dhcp', 'static', 'off']),
    link,
    state: text,
    address: text.nullable(),
    gateway: text.nullable(),
    dnsServers: z.array(text),
    routes: z.array(text).optional(),
    internet: z.enum(['off', 'unknown', 'reachable', 'unreachable']).optional(),
    lease: lease.nullable(),
  });
  const lan = z.strictObject({
    device: text,
    devices: z.array(z.strictObject({ name: text, link })),
    address: text,
    pool: z.strictObject({ first: text, last: text }).nullable(),
  });
  const role = z.strictObject({
    name: text,
    state: z.enum(['starting', 'running', 'waiting']),
    pid: whole.nullable(),
    restarts: whole,
  });
  const service = z.strictObject({
    name: text,
    ok: z.boolean(),
    detail: text,
    isOptional: z.boolean().optional(),
  });
  return z.strictObject({
    version: text,
    name: text,
    domain: text,
    mode: text,
    uptimeMs: z.number(),
    ready: z.boolean(),
    wan,
    lan,
    roles: z.array(role),
    services: z.array(service),
    mailboxes: z.array(
      z.strictObject({ user: text, messages: whole, octets: whole, quota: whole.nullable() }),
    ),
    queue: z.strictObject({ messages: whole, held: whole, oldest: time.nullable() }).nullable(),
    firewall: z.array(traffic.extend({ name: text })),
    dns: counts,
    dhcp: counts,
  });
}

function lease(): z.ZodType<LeaseStatus> {
  return z.strictObject({
    address: text,
    mac: text,
    name: text.nullable(),
    state: text,
    expires: time.nullable(),
    clientId: text.nullable(),
    vendor: text.nullable(),
    since: time.nullable(),
    reserved: z.boolean(),
    nameProblem: text.nullable(),
  });
}

function flows(): z.ZodType<FlowListing> {
  const flow = z.strictObject({
    id: whole,
    protocol: text,
    state: text.nullable(),
    source: text,
    destination: text,
    replySource: text,
    replyDestination: text,
    device: text.nullable(),
    sent: traffic,
    received: traffic,
    timeoutSeconds: whole,
  });
  return z.strictObject({ total: whole, flows: z.array(flow) });
}

function firewall(): z.ZodType<FirewallView> {
  const line = z.strictObject({
    source: text,
    text,
    packets: whole.nullable(),
    bytes: whole.nullable(),
  });
  const device = z.strictObject({
    address: text,
    name: text.nullable(),
    mac: text.nullable(),
    up: traffic,
    down: traffic,
  });
  return z.strictObject({
    mode: text,
    reduced: z.array(text),
    lines: z.array(line),
    devices: z.array(device),
  });
}

function explanation(): z.ZodType<ExplainAnswer> {
  return z.strictObject({
    verdict: z.enum(['accepted', 'dropped', 'refused']),
    way: z.enum(['to the box', 'through the box', 'from the box', 'past the box']),
    decidedBy: text,
    text,
    destination: text.nullable(),
    source: text.nullable(),
    steps: z.array(text),
  });
}

/** The tree is named, as a node refers to its own kind. */
function healthNode(): z.ZodType<HealthNode> {
  const node: z.ZodType<HealthNode> = z.strictObject({
    name: text,
    state: z.enum(['ok', 'warning', 'failed', 'unknown']),
    reason: text,
    children: z.array(z.lazy(() => node)),
  });
  return node;
}

function mailQueue(): z.ZodType<MailQueueView> {
  const destination = z.strictObject({
    destination: text,
    messages: whole,
    octets: whole,
    held: whole,
    oldest: time,
    problem: text.nullable(),
    nextTry: time.nullable(),
  });
  const entry = z.strictObject({
    id: whole,
    message: whole,
    sender: text,
    recipient: text,
    destination: text,
    octets: whole,
    accepted: time,
    nextAttempt: time.nullable(),
    lastAttempt: time.nullable(),
    attempts: whole,
    state: z.enum(['waiting', 'trying', 'held']),
    reason: text,
  });
  return z.strictObject({
    isOnline: z.boolean(),
    total: whole,
    destinations: z.array(destination),
    entries: z.array(entry),
  });
}

const listed = z.strictObject({ uid: text, size: whole, received: z.number() });

function mailStore(): z.ZodType<MailStoreStatus> {
  const damage = z.strictObject({
    path: text,
    offset: whole,
    length: whole,
    messages: z.array(listed.extend({ users: z.array(text) })),
  });
  return z.strictObject({ lastCheck: time.nullable(), problem: text.nullable(), damage: z.array(damage) });
}

function certificate(): z.ZodType<CertificateStatus> {
  const authority = z.strictObject({
    name: text,
    domains: z.array(text),
    until: time,
    fingerprint: text,
    certificate: text,
  });
  return z.strictObject({
    kind: z.enum(['owner', 'own', 'first']),
    subject: text,
    issuer: text,
    names: z.array(text),
    from: time,
    until: time,
    fingerprint: text,
    missing: z.array(text),
    authority,
    problems: z.array(text),
  });
}

function clientSetup(): z.ZodType<ClientSetup> {
  const server = z.strictObject({
    service: z.enum(['submissions', 'submission', 'pop3s', 'pop3']),
    host: text,
    port: whole,
    tls: z.enum(['implicit', 'starttls']),
  });
  const trust = z.strictObject({ name: text, certificate: text, fingerprint: text });
  return z.strictObject({
    domains: z.array(text),
    incoming: z.array(server),
    outgoing: z.array(server),
    office: text,
    trust: z.array(trust),
  });
}

function update(): z.ZodType<UpdateStatus | null> {
  const progress = z.strictObject({
    stage: z.enum(['writing', 'verifying']),
    done: whole,
    octets: whole,
  });
  return z
    .strictObject({
      board: text,
      version: text,
      slot: text,
      onTrial: z.boolean(),
      problem: text.nullable(),
      progress: progress.optional(),
    })
    .nullable();
}

function users(): z.ZodType<readonly UserStatus[]> {
  return z.array(
    z.strictObject({
      name: text,
      fullName: text,
      address: text,
      used: whole,
      quota: whole.nullable(),
      keepDays: whole.nullable(),
    }),
  );
}

function resetScopes(): z.ZodType<Readonly<Record<ResetKind, ResetScope>>> {
  const scope = z.strictObject({ goes: z.array(text), stays: z.array(text), undo: text.nullable() });
  return z.strictObject({ settings: scope, everything: scope });
}

/** The schemas of answers in JSON, by the names that the operations and the document call them. */
export function answerSchemas() {
  const node = healthNode();
  return {
    Done: done,
    Changes: changes,
    Status: status(),
    Leases: z.array(lease()) satisfies z.ZodType<readonly LeaseStatus[]>,
    Flows: flows(),
    EndedFlows: z.strictObject({ ended: whole }),
    Firewall: firewall(),
    Explanation: explanation(),
    Names: z.array(z.strictObject({ name: text, type: text, value: text, origin: text })) satisfies z.ZodType<
      readonly NameStatus[]
    >,
    Log: z.array(z.strictObject({ time, level: z.enum(LOG_LEVELS), source: text, text })) satisfies z.ZodType<
      readonly LogLine[]
    >,
    HealthNode: node,
    Health: z.strictObject({
      ok: z.boolean(),
      firstError: text.nullable(),
      tree: node,
    }) satisfies z.ZodType<HealthReport>,
    ConfigHistory: z.array(z.strictObject({ number: whole, time, cause: text })) satisfies z.ZodType<
      readonly ConfigChange[]
    >,
    Users: users(),
    RemovedUser: z.strictObject({ kept: whole, deleted: whole }) satisfies z.ZodType<RemovedUser>,
    Aliases: z.array(z.strictObject({ name: text, members: z.array(text) })) satisfies z.ZodType<
      readonly AliasStatus[]
    >,
    MailQueue: mailQueue(),
    MailHistory: z.array(
      z.strictObject({ time, recipient: text, what: text, detail: text }),
    ) satisfies z.ZodType<readonly MailHistoryEvent[]>,
    MailStore: mailStore(),
    MailList: z.strictObject({ messages: z.array(listed), more: z.boolean() }) satisfies z.ZodType<MailList>,
    MailImported: z.strictObject({
      stored: whole,
      upload: whole.nullable(),
      problem: text.nullable(),
    }) satisfies z.ZodType<MailImported>,
    Update: update(),
    ClientSetup: clientSetup(),
    Certificate: certificate(),
    ResetScopes: resetScopes(),
    Data: z.strictObject({
      directory: text,
      problem: text.nullable(),
      canFormat: z.boolean(),
    }) satisfies z.ZodType<DataState>,
  };
}

export type AnswerName = keyof ReturnType<typeof answerSchemas>;
