import { formatAddress, formatEndpoint } from '../../base/address.ts';
import type { FlowEnd } from './flow.ts';

/** `192.0.2.1:53`, `[2001:db8::1]:53`, or the address alone where there are no ports. */
export function formatFlowEnd({ address, port }: FlowEnd): string {
  return port === undefined ? formatAddress(address) : formatEndpoint({ address, port });
}
