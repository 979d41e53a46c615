import { type Mac, tryParseMac } from '../../base/mac.ts';

/*
 * What the box has done to a device, noted in the device's own description (IFLA_IFALIAS, `ip link` shows it): it lasts as
 * long as what it tells of, over restarts of this program and no longer than to the next boot, and costs no write.
 */

/** The description of devices the box has made. */
export const MADE_BY_BOX = 'gatepost: made by the box';

const CLONED = / ?\[gatepost: was ([0-9a-f:]{17})\]$/;

/** The hardware address the device had before the box gave it another one; undefined if it has its own. */
export function addressBefore(description: string | undefined): Mac | undefined {
  const text = CLONED.exec(description ?? '')?.[1];
  return text === undefined ? undefined : tryParseMac(text);
}

/** The description of a device whose address is replaced; what its owner wrote stays in front. */
export function noteAddress(description: string | undefined, before: Mac): string {
  return `${withoutAddress(description)} [gatepost: was ${before}]`.trimStart();
}

/** The owner's own description. */
export function withoutAddress(description: string | undefined): string {
  return (description ?? '').replace(CLONED, '');
}
