/** A partition or a whole card. Errors are KernelError. */
export interface BlockDevice {
  readonly octets: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  write(offset: number, content: Uint8Array): Promise<void>;
  /** Returns when everything written is on the medium, and makes later reads come from there and not from memory. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface BlockDevices {
  /** @throws KernelError if it is not there */
  open(path: string): Promise<BlockDevice>;
}
