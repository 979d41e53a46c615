/** A line without end is handed on in pieces of this many characters, so that it cannot fill the memory. */
export const MAX_OUTPUT_LINE = 4096;

/** Cuts the printed output of a program into lines, whatever the chunks it arrives in. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  /** The output has ended: a last line without line end counts too. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#rest !== '') this.#onLine(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
    while (this.#rest.length > MAX_OUTPUT_LINE) {
      this.#onLine(this.#rest.slice(0, MAX_OUTPUT_LINE));
      this.#rest = this.#rest.slice(MAX_OUTPUT_LINE);
    }
  }
}
