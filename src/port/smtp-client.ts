import type { NotifyWish } from './mail-queue.ts';
import type { MailContent } from './mailbox.ts';
import type { IpAddress } from './udp.ts';

/** What a host said, or what this one says in its place: code of RFC 5321 section 4.2, enhanced code of RFC 3463, one line. */
export interface PeerReply {
  /** 0 if nobody answered. */
  readonly code: number;
  readonly enhanced: string;
  readonly text: string;
}

/** How a connection is protected: `opportunistic` = by STARTTLS if it is offered; `starttls` = by that or not at all; `implicit` = from the start (RFC 8314). */
export type TlsMode = 'none' | 'opportunistic' | 'starttls' | 'implicit';

/** One address to deliver to. */
export interface NextHop {
  /** Its name without a final dot, for certificates and reports. */
  readonly host: string;
  readonly address: IpAddress;
  readonly port: number;
  readonly tls: TlsMode;
  /** Whether the certificate must be valid for the host's name. */
  readonly verify: boolean;
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

export interface OutgoingRecipient {
  readonly address: string;
  readonly notify: readonly NotifyWish[] | undefined;
  /** As in RCPT: address type, `;`, xtext. */
  readonly originalRecipient: string | undefined;
}

/** One message for recipients behind one hop. */
export interface OutgoingMail {
  /** Without brackets; empty for the null sender. */
  readonly sender: string;
  readonly recipients: readonly OutgoingRecipient[];
  readonly envelopeId: string | undefined;
  readonly returns: 'full' | 'headers' | undefined;
  /** In pieces, it is read once for each host that is tried. */
  readonly message: MailContent;
}

/** What became of a recipient; `failed` is for good. */
export interface RecipientResult {
  readonly outcome: 'delivered' | 'deferred' | 'failed';
  readonly reply: PeerReply;
}

/** A session with a host in which one message after the other can be sent. */
export interface SmtpSession {
  readonly hop: NextHop;
  readonly isEncrypted: boolean;
  /** Whether the host takes over the wishes for notices (RFC 3461). */
  readonly hasDsn: boolean;
  /** Whether another message may be sent. */
  readonly isOpen: boolean;
  /**
   * The result of each recipient, in their order. A connection that breaks once the message itself is under way defers them all.
   * @throws SessionError when it ends before: nothing was handed over, another session may be tried
   */
  send(mail: OutgoingMail): Promise<readonly RecipientResult[]>;
  /** Says goodbye. */
  close(): void;
}

/** A session could not be had: the next address may be tried. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly reply: PeerReply;
  /** Whether it was the encryption that failed: without it there may be a way. */
  readonly isTls: boolean;

  constructor(reply: PeerReply, isTls = false) {
    super(reply.text);
    this.reply = reply;
    this.isTls = isTls;
  }
}

export interface SmtpClient {
  /** @throws SessionError */
  open(hop: NextHop): Promise<SmtpSession>;
}
