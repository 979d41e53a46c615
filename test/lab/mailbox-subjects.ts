import { PEOPLE } from './box-config.ts';
import type { Namespace } from './namespace.ts';

/** The subjects in alice's mailbox, read over POP3 by curl in `pc`; one message per element. */
export async function subjectsOf(pc: Namespace, server: string): Promise<string[]> {
  const url = `pop3s://${server}`;
  const fetch = ['curl', '-sS', '--insecure', '--user', `alice:${PEOPLE.alice}`];
  const list = await pc.output([...fetch, `${url}/`]);
  const numbers = [...list.matchAll(/^(\d+) \d+\r?$/gm)].map((match) => match[1] ?? '');
  if (numbers.length === 0) return [];
  const text = await pc.output([...fetch, `${url}/[1-${numbers.length}]`]);
  return [...text.matchAll(/^Subject: (\S+)\r?$/gm)].map((match) => match[1] ?? '');
}
