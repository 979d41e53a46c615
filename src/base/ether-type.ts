/** What an Ethernet frame carries (linux/if_ether.h). */
export const ETH_P = { IP: 0x0800, ARP: 0x0806, '8021Q': 0x8100, IPV6: 0x86dd } as const;
