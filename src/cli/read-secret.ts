import process from 'node:process';

/** The first line of standard input; on a terminal it is typed unseen after a prompt. */
export async function readSecret(prompt: string): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY) {
    process.stderr.write(prompt);
    stdin.setRawMode(true);
  }
  let typed = '';
  try {
    for await (const chunk of stdin) {
      const text = String(chunk);
      // In raw mode the terminal hands over Ctrl-C (0x03) as a character.
      if (stdin.isTTY && text.includes('\u0003')) return '';
      typed = erase(typed + text);
      if (/[\r\n]/.test(typed)) break;
    }
  } finally {
    if (stdin.isTTY) {
      stdin.setRawMode(false);
      process.stderr.write('\n');
    }
    stdin.pause();
  }
  return typed.split(/\r?\n|\r/, 1)[0] ?? '';
}

/** Applies backspaces (0x7f from a terminal) to what was typed. */
function erase(text: string): string {
  let result = '';
  for (const character of text) result = character === '\u007f' ? result.slice(0, -1) : result + character;
  return result;
}
