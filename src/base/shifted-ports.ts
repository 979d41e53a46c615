/** The most ports of one range that may lead to others: the kernel cannot shift a range, so each is an entry of its own. */
export const MAX_SHIFTED_PORTS = 1024;
