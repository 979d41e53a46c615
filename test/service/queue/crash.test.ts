import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Days, Hours, Minutes, Seconds } from '../../../src/base/duration.ts';
import type { Files } from '../../../src/port/files.ts';
import { SessionError } from '../../../src/port/smtp-client.ts';
import { FakeNames } from '../../fake/fake-names.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { type Answer, FakeSmtpClient } from '../../fake/fake-smtp-client.ts';
import { FaultyFiles } from '../../fake/faulty-files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { TestQueue } from './running-queue.ts';

/** One message after the other for these, some of whose hosts are in a bad mood at first. */
interface Story {
  readonly messages: readonly (readonly string[])[];
  /** What hosts answer to each recipient, in order; afterwards they are good. */
  readonly answers: readonly Answer[];
  /** Diallings that are not answered. */
  readonly deadDials: readonly number[];
}

/** Of other stories each time, where more of them are wanted. */
const STORIES = process.env['GATEPOST_QUEUE_STORIES'];
const DOMAINS = ['one.example', 'two.example', 'three.example'];

/** The Internet of a story: it goes on whatever becomes of the box, and knows what it took. */
class Internet {
  readonly names = new FakeNames();
  readonly client = new FakeSmtpClient();
  /** Messages taken whose end could not be told. */
  lost = 0;

  constructor({ answers, deadDials }: Story) {
    let [answered, dialled] = [0, 0];
    for (const [index, domain] of DOMAINS.entries()) {
      this.names.domain(domain, `10 mx.${domain} 192.0.2.${index + 1}`);
      this.client.peers.set(`192.0.2.${index + 1}`, {
        open: () =>
          deadDials.includes(++dialled)
            ? new SessionError({ code: 0, enhanced: '4.4.1', text: 'No answer' })
            : undefined,
        answer: () => {
          const answer = answers[answered++] ?? 'deliver';
          if (answer === 'lost') this.lost++;
          return answer;
        },
      });
    }
  }
}

/** Copies of each message by recipient, `m0 ann@one.example`. */
function copies({ client }: Internet): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { text, recipient } of client.received) {
    const key = `${/^Subject: (.*)\r$/m.exec(text)?.[1]} ${recipient}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** What the sender was told to have failed, the same way. */
async function returned(queue: TestQueue): Promise<string[]> {
  return (await queue.mailbox('alice')).flatMap((text) => {
    if (!text.includes('Action: failed')) return [];
    const subject = /^Subject: (m\d+)\r$/m.exec(text)?.[1];
    return [...text.matchAll(/^Final-Recipient: rfc822; (.*)\r$/gm)].map((match) => `${subject} ${match[1]}`);
  });
}

/** Runs the story from an empty disk for half a day or until the box dies; adds what was promised. */
async function run(story: Story, internet: Internet, files: Files, promised: string[]): Promise<void> {
  const { names, client } = internet;
  const queue = await TestQueue.start({ files, names, client, seed: 5 });
  for (const [index, recipients] of story.messages.entries()) {
    await queue.accept(`m${index}`, recipients);
    promised.push(...recipients.map((recipient) => `m${index} ${recipient}`));
    await queue.pass(Seconds(1), Seconds(1));
  }
  await queue.pass(Hours(12), Minutes(20));
}

/** A box is started on what the disk holds and left alone for a week. */
async function finish(internet: Internet, files: Files): Promise<TestQueue> {
  const { names, client } = internet;
  const queue = await TestQueue.start({ files, names, client, seed: 6 });
  await queue.pass(Days(7), Hours(2));
  return queue;
}

async function check(
  internet: Internet,
  queue: TestQueue,
  promised: readonly string[],
  crashes: number,
): Promise<void> {
  const [taken, failed] = [copies(internet), await returned(queue)];
  assert.equal((await queue.service.view()).total, 0, 'the queue is empty in the end');
  for (const key of promised) {
    assert.ok((taken.get(key) ?? 0) > 0 || failed.includes(key), `${key} is lost`);
  }
  // Each crash, and each host that does not tell the end, repeats what was under way then.
  for (const [key, count] of taken) {
    assert.ok(count <= 1 + internet.lost + crashes, `${key} was taken ${count} times`);
  }
}

const STORY: Story = {
  messages: [
    ['ann@one.example', 'bob@one.example', 'cid@two.example'],
    ['ann@one.example', 'dan@three.example'],
  ],
  answers: ['deliver', 'defer', 'fail', 'deliver', 'deliver', 'deliver', 'fail'],
  deadDials: [2],
};

test('the power goes at every step of the disk: nothing is lost, nothing is sent twice but what was under way', async () => {
  for (let cutAt = 1, isDone = false; !isDone; cutAt++) {
    const internet = new Internet(STORY);
    const files = new FaultyFiles(new MemoryFiles(), { cutAt });
    const promised: string[] = [];
    try {
      await run(STORY, internet, files, promised);
    } catch {
      // What was being accepted had no promise yet.
    }
    isDone = !files.isCut;
    const disk = files.isCut ? files.afterPowerCut(new FakeRandom(cutAt)) : files.disk;
    await check(internet, await finish(internet, disk), promised, 1);
  }
});

test('the process is killed between every two steps of a dialogue: a message that was taken comes once more at most', async () => {
  const story: Story = {
    ...STORY,
    messages: [['ann@one.example'], ['bob@two.example'], ['cid@one.example']],
  };
  for (let killAt = 1, isDone = false; !isDone; killAt++) {
    const internet = new Internet(story);
    const disk = new MemoryFiles();
    const killed = { steps: 0, isDead: false };
    const dead = new Promise<never>(() => {});
    internet.client.onStep = async () => {
      if (++killed.steps === killAt) killed.isDead = true;
      if (killed.isDead) await dead;
    };
    const { names, client } = internet;
    const first = await TestQueue.start({ files: disk, names, client, limits: { attempts: 1 } });
    const promised: string[] = [];
    for (const [index, recipients] of story.messages.entries()) {
      await first.accept(`m${index}`, recipients);
      promised.push(...recipients.map((recipient) => `m${index} ${recipient}`));
      await first.pass(Seconds(1), Seconds(1));
    }
    for (let minutes = 0; minutes < 60 && !killed.isDead; minutes += 5)
      await first.pass(Minutes(5), Minutes(5));
    isDone = !killed.isDead;
    internet.client.onStep = async () => {};
    const second = await finish(internet, disk);
    await check(internet, second, promised, 1);
    const twice = [...copies(internet).values()].filter((count) => count > 1);
    assert.ok(twice.length <= 1, `killed at step ${killAt}: ${twice.length} messages came twice`);
  }
});

test('generated stories of hosts and crashes: every message arrives or is returned', async () => {
  const recipient = fc
    .tuple(fc.constantFrom('ann', 'bob', 'cid'), fc.constantFrom(...DOMAINS))
    .map((parts) => parts.join('@'));
  const story = fc.record({
    messages: fc.array(fc.uniqueArray(recipient, { minLength: 1, maxLength: 5 }), {
      minLength: 1,
      maxLength: 5,
    }),
    answers: fc.array(fc.constantFrom<Answer>('deliver', 'deliver', 'defer', 'fail', 'lost'), {
      maxLength: 12,
    }),
    deadDials: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(
      story,
      fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 }),
      async (one, cuts) => {
        const internet = new Internet(one);
        const promised: string[] = [];
        let disk = new MemoryFiles();
        for (const [index, cutAt] of cuts.entries()) {
          const files = new FaultyFiles(disk, { cutAt });
          try {
            if (index === 0) await run(one, internet, files, promised);
            else await finish(internet, files);
          } catch {
            // The power went while mail was accepted, or at the start.
          }
          disk = files.isCut ? files.afterPowerCut(new FakeRandom(cutAt)) : files.disk;
        }
        if (cuts.length === 0) await run(one, internet, disk, promised);
        await check(internet, await finish(internet, disk), promised, cuts.length);
      },
    ),
    STORIES === undefined ? { seed: 2, numRuns: 25 } : { numRuns: Number(STORIES) },
  );
});
