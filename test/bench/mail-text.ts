const WIDTH = 76;

/** A message of `size` octets as people send them: a header and lines of text; in one of ten a line begins with a dot. */
export function mailText(size: number, number: number): Uint8Array {
  const header = [
    'From: Someone <someone@elsewhere.example>',
    'To: Alice <alice@office.example>',
    `Subject: Message ${number}`,
    `Message-ID: <${number}@elsewhere.example>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    number % 10 === 0 ? '.a line that begins with a dot' : 'Hello,',
    '',
  ].join('\r\n');
  const line = `${'Lorem ipsum dolor sit amet '.repeat(3).slice(0, WIDTH)}\r\n`;
  const lines = line.repeat(Math.ceil((size - header.length) / line.length));
  return Buffer.from(`${(header + lines).slice(0, size - 2)}\r\n`);
}
