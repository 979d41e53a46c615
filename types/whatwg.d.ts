// The pure layers compile without Node's types; these two encoding classes are the only
// platform globals they may use (WHATWG Encoding Standard, present in every JavaScript host).
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
