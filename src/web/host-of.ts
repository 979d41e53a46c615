/** The name a browser asked for, without port and final dot; empty if it named none. */
export function hostOf(header: string | undefined): string {
  return (header ?? '').replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase();
}
