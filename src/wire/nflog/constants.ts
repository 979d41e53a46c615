/* Numbers of linux/netfilter/nfnetlink.h and linux/netfilter/nfnetlink_log.h. */

/** The subsystem in the upper byte of `nlmsg_type` (NFNL_SUBSYS_ULOG). */
export const NFNL_SUBSYS_ULOG = 4;

/** NFULA_CFG_CMD (enum nfulnl_msg_config_cmds): a group has one listener, the socket that bound it. */
export const NFULNL_CFG_CMD = { BIND: 1, UNBIND: 2, PF_BIND: 3, PF_UNBIND: 4 } as const;

/** How much of a packet is told. */
export const NFULNL_COPY = { NONE: 0, META: 1, PACKET: 2 } as const;
