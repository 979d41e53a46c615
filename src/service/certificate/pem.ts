/** The text form of keys and certificates (RFC 7468). */
export function encodePem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** The blocks whose label ends so, each with its first and last line; what stands between them is passed over. */
export function pemBlocks(text: string, label: 'CERTIFICATE' | 'PRIVATE KEY'): string[] {
  // What stands between goes no further than to the next line of dashes, so that a file of beginnings is gone over once.
  const block = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n(?:(?!-----)[A-Za-z0-9+/=\s:,-])*-----END \1-----/g;
  return [...text.matchAll(block)]
    .filter(([, found]) => found?.endsWith(label))
    .map(([whole]) => `${whole}\n`);
}
