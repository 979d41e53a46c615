import type { Random } from '../../../src/port/random.ts';
import { FakeNames } from '../../fake/fake-names.ts';
import { type Answer, FakeSmtpClient } from '../../fake/fake-smtp-client.ts';
import { SessionError } from '../../../src/port/smtp-client.ts';
import { type Errand, type OfficeEvent, nameOf } from './office-ledger.ts';

const DOMAINS = ['one.example', 'two.example', 'three.example'];
const ANSWERS: readonly Answer[] = ['deliver', 'deliver', 'deliver', 'deliver', 'defer', 'fail', 'lost'];

/** Hosts elsewhere, each in a mood of its own until they become good; what they see is recorded. */
export class OfficeInternet {
  readonly names = new FakeNames();
  readonly client = new FakeSmtpClient();
  /** From now on every host answers and takes everything. */
  isGood = false;

  constructor(random: Random, record: (event: OfficeEvent) => void) {
    const pick = (): Answer =>
      this.isGood ? 'deliver' : (ANSWERS[random.below(ANSWERS.length)] ?? 'deliver');
    for (const [index, domain] of DOMAINS.entries()) {
      const address = `192.0.2.${index + 1}`;
      this.names.domain(domain, `10 mx.${domain} ${address}`);
      this.client.peers.set(address, {
        open: () =>
          this.isGood || random.below(6) > 0
            ? undefined
            : new SessionError({ code: 0, enhanced: '4.4.1', text: 'No answer' }),
        answer: (recipient, { message }) => {
          const errand: Errand = { message: nameOf(message), address: recipient };
          record({ kind: 'dialled', errand });
          const answer = pick();
          if (answer === 'deliver' || answer === 'lost')
            record({ kind: 'taken', errand, isLost: answer === 'lost' });
          return answer;
        },
      });
    }
  }
}
