import type { ObservedLink } from '../../engine/links/observed.ts';

/** The devices known now; tells what each news changes. */
export class DeviceList {
  #links = new Map<number, ObservedLink>();
  /** Events since {@link beginDump}: newer than what the dump says of the same device. */
  #news = new Map<number, ObservedLink | undefined>();
  readonly #onLink: (name: string, link: ObservedLink | undefined) => void;

  constructor(onLink: (name: string, link: ObservedLink | undefined) => void) {
    this.#onLink = onLink;
  }

  get all(): readonly ObservedLink[] {
    return [...this.#links.values()];
  }

  beginDump(): void {
    this.#news = new Map();
  }

  endDump(links: readonly ObservedLink[]): void {
    const found = new Map<number, ObservedLink | undefined>(links.map((link) => [link.index, link]));
    for (const [index, link] of this.#news) found.set(index, link);
    for (const index of this.#links.keys()) if (!found.has(index)) this.#set(index, undefined);
    for (const [index, link] of found) this.#set(index, link);
  }

  event(link: ObservedLink, gone: boolean): void {
    const now = gone ? undefined : link;
    this.#news.set(link.index, now);
    this.#set(link.index, now);
  }

  #set(index: number, link: ObservedLink | undefined): void {
    const before = this.#links.get(index);
    if (link === undefined) this.#links.delete(index);
    else this.#links.set(index, link);
    if (before !== undefined && link?.name !== before.name) this.#onLink(before.name, undefined);
    if (link !== undefined && !isSameLink(before, link)) this.#onLink(link.name, link);
  }
}

/** Whether nothing but the counters differs. */
export function isSameLink(a: ObservedLink | undefined, b: ObservedLink | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const keys = ['index', 'name', 'up', 'carrier', 'mac', 'mtu', 'master', 'kind'] as const;
  return keys.every((key) => a[key] === b[key]);
}
