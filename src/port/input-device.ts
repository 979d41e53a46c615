/** Buttons of the board. */
export interface InputDevice {
  /** What has happened since the last call; empty if nothing has. @throws KernelError when it is gone */
  read(): Uint8Array;
  close(): void;
}

export interface InputDevices {
  /** @throws KernelError */
  open(path: string): InputDevice;
}
