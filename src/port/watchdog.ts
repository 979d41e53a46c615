/** The hardware that restarts the board unless it is fed every few seconds. */
export interface WatchdogDevice {
  /** @throws KernelError */
  feed(): Promise<void>;
  /** Lets go of it in an orderly way: it will not bite. */
  release(): Promise<void>;
}

export interface WatchdogDevices {
  /** From now on it wants to be fed, also when this program is no more. @throws KernelError */
  open(path: string): Promise<WatchdogDevice>;
}
