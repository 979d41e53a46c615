/** IFNAMSIZ of linux/if.h without the zero behind the name. */
const MAX_DEVICE_NAME = 15;

/**
 * The name of the device that has the WAN's address: the configured one, `device` being its interface name, or with a VLAN
 * tag the VLAN device on it, `wan0.7`. Where that is too long for the kernel it is `wan.7`: there is one WAN.
 */
export function wanDeviceName(device: string, vlan: number | undefined): string {
  if (vlan === undefined) return device;
  const name = `${device}.${vlan}`;
  return name.length <= MAX_DEVICE_NAME ? name : `wan.${vlan}`;
}
