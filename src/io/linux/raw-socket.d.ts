/** The part of the package that is used; it ships no types. */
declare module 'raw-socket' {
  export interface Socket {
    on(event: 'message', listener: (datagram: Buffer, source: string) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    send(
      buffer: Buffer,
      offset: number,
      length: number,
      address: string,
      sent: (error: Error | null) => void,
    ): this;
    close(): this;
  }
  export function createSocket(options: { readonly protocol: number }): Socket;
}
