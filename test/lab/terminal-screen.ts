import type { Namespace } from './namespace.ts';
import { outputOf } from './run-command.ts';
import { waitFor } from './wait-for.ts';

/** A terminal of somebody else's making, tmux, as the screen and keyboard at the box. */
export class TerminalScreen {
  /** The device a program opens to be on this screen. */
  readonly path: string;
  readonly #socket: string;

  private constructor(socket: string, path: string) {
    this.#socket = socket;
    this.path = path;
  }

  static async open(
    namespace: Namespace,
    { columns, rows }: { readonly columns: number; readonly rows: number },
  ): Promise<TerminalScreen> {
    const socket = namespace.file(`screen-${columns}x${rows}`);
    const size = ['-x', String(columns), '-y', String(rows)];
    // The only program of the session keeps the terminal open and reads nothing from it.
    await outputOf(['tmux', '-f', '/dev/null', '-S', socket, 'new-session', '-d', ...size, 'sleep 100000']);
    await outputOf(['tmux', '-S', socket, 'set-option', '-g', 'status', 'off']);
    await outputOf(['tmux', '-S', socket, 'resize-window', ...size]);
    const path = await outputOf(['tmux', '-S', socket, 'list-panes', '-F', '#{pane_tty}']);
    return new TerminalScreen(socket, path.trim());
  }

  /** What is to be read on it. */
  async text(): Promise<string> {
    return await outputOf(['tmux', '-S', this.#socket, 'capture-pane', '-p']);
  }

  async shows(pattern: RegExp, patience?: number): Promise<string> {
    let last = '';
    try {
      return await waitFor(
        `${pattern} on the screen`,
        async () => {
          last = await this.text();
          return pattern.test(last) && last;
        },
        patience,
      );
    } catch (error) {
      throw new Error(`${String(error)}; on the screen is:\n${last}`, { cause: error });
    }
  }

  /** Keys as tmux calls them: `Enter`, `Escape`, `Up`, or text. */
  async press(...keys: readonly string[]): Promise<void> {
    await outputOf(['tmux', '-S', this.#socket, 'send-keys', ...keys]);
  }

  /** Pulls the plug of the terminal. */
  async close(): Promise<void> {
    await outputOf(['tmux', '-S', this.#socket, 'kill-server']);
  }
}
