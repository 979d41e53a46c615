// The package brings no types of its own. What is used of it, without the types of Node: a Buffer is seen as the Uint8Array it is.
declare module 'dns-packet' {
  export interface PackageBuffer extends Uint8Array {
    readonly constructor: {
      from(buffer: ArrayBufferLike, byteOffset: number, length: number): PackageBuffer;
    };
  }

  /** A codec of a record's data with its 16-bit length in front. The package's codecs note the octets they read beside the result. */
  export interface DataCodec<T> {
    encode(data: T): PackageBuffer;
    decode: { (buffer: PackageBuffer, offset: number): T; bytes: number };
  }

  export interface PackageSoa {
    mname: string;
    rname: string;
    serial: number;
    refresh: number;
    retry: number;
    expire: number;
    minimum: number;
  }

  const dnsPacket: {
    a: DataCodec<string>;
    aaaa: DataCodec<string>;
    ns: DataCodec<string>;
    cname: DataCodec<string>;
    ptr: DataCodec<string>;
    mx: DataCodec<{ preference: number; exchange: string }>;
    txt: DataCodec<PackageBuffer[]>;
    srv: DataCodec<{ priority: number; weight: number; port: number; target: string }>;
    soa: DataCodec<PackageSoa>;
  };
  export default dnsPacket;
}
