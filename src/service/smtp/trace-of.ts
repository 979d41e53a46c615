import type { SMTPServerSession } from 'smtp-server';
import type { RoutedRecipient } from '../../engine/mail-routing/plan-delivery.ts';
import type { Clock } from '../../port/clock.ts';
import type { Envelope } from '../../port/mailbox.ts';
import { encodeTrace } from '../../wire/mail/trace.ts';

export interface TraceOptions {
  readonly kind: 'mx' | 'submission';
  readonly hostName: string;
  readonly isLan: (address: string) => boolean;
  readonly clock: Pick<Clock, 'wallTime'>;
  readonly id: string;
  readonly envelope: Envelope;
  readonly recipients: readonly RoutedRecipient[];
}

/** The fields put before the message that a session has brought. Addresses and names of the office stay in the office. */
export function traceOf(session: SMTPServerSession, options: TraceOptions): Uint8Array {
  const { kind, isLan, envelope, recipients } = options;
  const [first] = recipients;
  const only = recipients.length === 1 ? first : undefined;
  const tls = session.tlsOptions;
  const isPrivate = kind === 'submission' || isLan(session.remoteAddress);
  const { transmissionType: type } = session;
  return encodeTrace({
    sender: envelope.sender,
    source: isPrivate
      ? { kind: 'private', note: kind === 'submission' ? 'authenticated sender' : 'LAN client' }
      : { kind: 'host', helo: session.hostNameAppearsAs, address: session.remoteAddress },
    by: options.hostName,
    protocol: session.envelope.smtpUtf8 === true ? type.replace(/^E?SMTP/, 'UTF8SMTP') : type,
    tls: tls === false ? undefined : { version: tls.version, cipher: tls.standardName },
    id: options.id,
    recipient: only?.address,
    isOurs: only?.route.kind === 'here',
    isFinal: envelope.users.length > 0,
    time: options.clock.wallTime(),
  });
}
