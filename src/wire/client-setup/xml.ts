declare const xmlBrand: unique symbol;

/** Text that is XML already: what people or peers have written becomes it by {@link leaf} alone. */
export type Xml = string & { readonly [xmlBrand]: true };

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Characters that no XML 1.0 document may hold, not even as a reference (section 2.2 of its recommendation). */
const IMPOSSIBLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

function escape(text: string): string {
  return text
    .replaceAll(IMPOSSIBLE, '\ufffd')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** An element with elements in it; attribute values are escaped. */
export function element(
  name: string,
  children: readonly Xml[],
  attributes: Readonly<Record<string, string>> = {},
): Xml {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(value)}"`);
  const open = `${name}${written.join('')}`;
  return (children.length === 0 ? `<${open}/>` : `<${open}>\n${children.join('\n')}\n</${name}>`) as Xml;
}

/** An element with text in it, whatever the text is. */
export function leaf(name: string, text: string | number): Xml {
  return `<${name}>${escape(String(text))}</${name}>` as Xml;
}

/** A whole document; `doctype` stands before its root. */
export function xmlDocument(root: Xml, doctype = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${doctype}${root}\n`;
}
