interface Waiting {
  readonly octets: number;
  readonly go: () => void;
}

/** Bounds what messages take in memory while they are sent; whoever comes when it is full waits in line. */
export class HeldOctets {
  readonly #most: number;
  readonly #waiting: Waiting[] = [];
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves when there is room, at once if there is nothing else; {@link give} must follow. */
  take(octets: number): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#fits(octets)) {
      this.#held += octets;
      return undefined;
    }
    return new Promise((go) => this.#waiting.push({ octets, go }));
  }

  give(octets: number): void {
    this.#held -= octets;
    for (
      let next = this.#waiting[0];
      next !== undefined && this.#fits(next.octets);
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#held += next.octets;
      next.go();
    }
  }

  #fits(octets: number): boolean {
    return this.#held === 0 || this.#held + octets <= this.#most;
  }
}
