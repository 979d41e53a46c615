import { counted } from './counted.ts';

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

const BINARY_UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Octets as people read them: `1 byte`, `500 bytes`, `1.5 MiB`. */
export function formatBytes(octets: number): string {
  if (octets < 1024) return counted(octets, 'byte');
  let [value, unit] = [octets / 1024, 0];
  while (value >= 1024 && unit < BINARY_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${BINARY_UNITS[unit]}`;
}
