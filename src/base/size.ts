const UNITS = ['', 'K', 'M', 'G', 'T'] as const;

/** Octets as the configuration writes sizes, with two digits at least: `500`, `12K`, `1.5G`. */
export function formatSize(octets: number): string {
  let [value, unit] = [octets, 0];
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = value >= 10 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)}${UNITS[unit]}`;
}
