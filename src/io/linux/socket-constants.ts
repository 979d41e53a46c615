/** The level of the options below, and those that more than one kind of socket takes (asm-generic/socket.h). */
export const SOL_SOCKET = 1;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;

/** linux/socket.h */
export const AF_PACKET = 17;
