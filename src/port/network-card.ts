/** The hardware behind a network device, as far as the kernel shows it. */
export interface NetworkCards {
  /** Counters of a device; undefined if it is not there. */
  counters(
    device: string,
  ): { readonly sent: number; readonly waiting: number; readonly timeouts: number } | undefined;
  /** Takes the card from its driver and gives it back; false if it has none, as a virtual cable. @throws KernelError */
  rebind(device: string): boolean;
}
