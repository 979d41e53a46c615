import { formatAddress } from '../../src/base/address.ts';
import { collectBytes } from '../../src/base/bytes.ts';
import {
  type NextHop,
  type OutgoingMail,
  type PeerReply,
  type RecipientResult,
  SessionError,
  type SmtpClient,
  type SmtpSession,
} from '../../src/port/smtp-client.ts';

/** What a host does with a recipient; `lost` takes the message and breaks before it says so. */
export type Answer = 'deliver' | 'defer' | 'fail' | 'lost';

/** A host on the made-up Internet; what is not said it does as the best of hosts. */
export interface FakePeer {
  /** Undefined: the session stands. */
  open?: (hop: NextHop) => SessionError | undefined;
  answer?: (recipient: string, mail: OutgoingMail & Whole) => Answer;
  hasDsn?: boolean;
}

export interface Received {
  readonly host: string;
  readonly recipient: string;
  readonly sender: string;
  readonly text: string;
}

const REPLIES: Readonly<Record<Answer, PeerReply>> = {
  deliver: { code: 250, enhanced: '2.0.0', text: 'Taken' },
  defer: { code: 450, enhanced: '4.2.0', text: 'Come back later' },
  fail: { code: 550, enhanced: '5.1.1', text: 'Nobody of that name' },
  lost: { code: 0, enhanced: '4.4.2', text: 'The connection broke' },
};
const OUTCOMES = { deliver: 'delivered', defer: 'deferred', fail: 'failed', lost: 'deferred' } as const;

interface Whole {
  readonly message: Uint8Array;
}

/** Other hosts, by address; one that is not there does not answer. */
export class FakeSmtpClient implements SmtpClient {
  readonly peers = new Map<string, FakePeer>();
  /** What hosts took, in order. */
  readonly received: Received[] = [];
  /** Each dialling, `mx.elsewhere.example none`. */
  readonly dials: string[] = [];
  /** Called before every step of a session; what it returns is waited for. */
  onStep: (step: 'open' | 'send' | 'taken') => Promise<void> = async () => {};

  async open(hop: NextHop): Promise<SmtpSession> {
    this.dials.push(`${hop.host} ${hop.tls}`);
    await this.onStep('open');
    const peer = this.peers.get(formatAddress(hop.address));
    const unreachable = new SessionError({ code: 0, enhanced: '4.4.1', text: 'No answer' });
    const refusal = peer === undefined ? unreachable : peer.open?.(hop);
    if (refusal !== undefined) throw refusal;
    return this.#session(hop, peer ?? {});
  }

  #session(hop: NextHop, peer: FakePeer): SmtpSession {
    const state = { isOpen: true };
    return {
      hop,
      isEncrypted: hop.tls !== 'none',
      hasDsn: peer.hasDsn === true,
      get isOpen() {
        return state.isOpen;
      },
      send: async (mail) => {
        await this.onStep('send');
        const message = mail.message instanceof Uint8Array ? mail.message : await collectBytes(mail.message);
        const answers = mail.recipients.map(({ address }) =>
          this.#answer(hop, address, { ...mail, message }),
        );
        if (answers.includes('lost')) state.isOpen = false;
        await this.onStep('taken');
        return answers.map((answer): RecipientResult => ({
          outcome: OUTCOMES[answer],
          reply: REPLIES[answer],
        }));
      },
      close: () => {
        state.isOpen = false;
      },
    };
  }

  #answer(hop: NextHop, recipient: string, mail: OutgoingMail & Whole): Answer {
    const answer = this.peers.get(formatAddress(hop.address))?.answer?.(recipient, mail) ?? 'deliver';
    if (answer === 'deliver' || answer === 'lost') this.#take(hop, recipient, mail);
    return answer;
  }

  #take({ host }: NextHop, recipient: string, { sender, message }: OutgoingMail & Whole): void {
    const text = Buffer.from(message).toString('latin1');
    this.received.push({ host, recipient, sender, text });
  }
}
