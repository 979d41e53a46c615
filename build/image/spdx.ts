import { createHash } from 'node:crypto';

/** Something that is in the image. */
export interface Component {
  readonly name: string;
  readonly version: string;
  readonly kind: 'debian' | 'npm';
  /** Where it is to be had, as a package URL (purl). */
  readonly purl: string;
  /** An SPDX expression; undefined if there is only a text. */
  readonly licence: string | undefined;
  /** The text, where no expression says it. */
  readonly licenceText: string | undefined;
  readonly sha256?: string | undefined;
}

export interface SpdxOptions {
  readonly name: string;
  readonly version: string;
  readonly epoch: number;
}

/** The list of everything in an image as an SPDX 2.3 document. The same components give the same text. */
export function spdxDocument(
  components: readonly Component[],
  { name, version, epoch }: SpdxOptions,
): string {
  const sorted = components.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const digest = createHash('sha256')
    .update(JSON.stringify([name, version, sorted]))
    .digest('hex');
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${name}-${version}`,
    documentNamespace: `urn:gatepost:spdx:${name}-${version}:${digest}`,
    creationInfo: {
      created: new Date(epoch * 1000).toISOString().replace('.000Z', 'Z'),
      creators: ['Tool: gatepost-image'],
    },
    documentDescribes: ['SPDXRef-Image'],
    packages: [imagePackage(name, version), ...sorted.map((one) => packageOf(one))],
    relationships: [
      relationship('SPDXRef-DOCUMENT', 'DESCRIBES', 'SPDXRef-Image'),
      ...sorted.map((one) => relationship('SPDXRef-Image', 'CONTAINS', idOf(one))),
    ],
    hasExtractedLicensingInfos: sorted.flatMap((one) => extractedOf(one)),
  };
  return `${JSON.stringify(document, undefined, 1)}\n`;
}

function imagePackage(name: string, version: string) {
  return {
    SPDXID: 'SPDXRef-Image',
    name,
    versionInfo: version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    primaryPackagePurpose: 'OPERATING-SYSTEM',
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: 'NOASSERTION',
    copyrightText: 'NOASSERTION',
  };
}

function packageOf(component: Component) {
  const { name, version, purl, sha256 } = component;
  return {
    SPDXID: idOf(component),
    name,
    versionInfo: version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: component.licence ?? (hasText(component) ? textId(component) : 'NOASSERTION'),
    copyrightText: 'NOASSERTION',
    ...(sha256 === undefined ? {} : { checksums: [{ algorithm: 'SHA256', checksumValue: sha256 }] }),
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  };
}

function extractedOf(component: Component) {
  if (component.licence !== undefined || !hasText(component)) return [];
  return [
    {
      licenseId: textId(component),
      extractedText: component.licenceText,
      name: `Licence of ${component.name}`,
    },
  ];
}

function hasText({ licenceText }: Component): boolean {
  return licenceText !== undefined && licenceText !== '';
}

function relationship(from: string, relationshipType: string, to: string) {
  return { spdxElementId: from, relationshipType, relatedSpdxElement: to };
}

function idOf({ kind, name }: Component): string {
  return `SPDXRef-${kind}-${idPart(name)}`;
}

function textId({ kind, name }: Component): string {
  return `LicenseRef-${kind}-${idPart(name)}`;
}

/** SPDX allows letters, digits, `.` and `-`. */
function idPart(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9.-]/g, (character) => `-${character.codePointAt(0)?.toString(16)}-`);
}
