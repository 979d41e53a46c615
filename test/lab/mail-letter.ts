/** Where a letter goes, by the letters of its name: `r` rita, who deletes, `k` kurt, who keeps all, `o` somebody outside. */
export const PLACES = {
  r: 'rita@office.example',
  k: 'kurt@office.example',
  o: 'olaf@elsewhere.example',
} as const;

/** Octets of a letter of which everything is told by its name: `rko-17-4096` is the 17th, to all three, of about 4096 octets. */
export function letterOf(name: string): string {
  const [, , size = '0'] = name.split('-');
  const line = `A line of ${name}, one of many that are all the same.\r\n`;
  return `Subject: ${name}\r\n\r\n${line.repeat(Math.ceil(Number(size) / line.length))}This is the end of ${name}.\r\n`;
}

/** The header that tells the name. */
export const LETTER_SUBJECT = 'Subject: [rko]+-[0-9]+-[0-9]+';

/** The name of a letter, whatever stands before and in its headers; undefined for other mail. */
export function nameOf(text: string): string | undefined {
  return /^Subject: ([rko]+-\d+-\d+)\r?$/m.exec(text)?.[1];
}
