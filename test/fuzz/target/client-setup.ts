import assert from 'node:assert/strict';
import { encodeAppleProfile } from '../../../src/wire/client-setup/apple-profile.ts';
import {
  decodeAutodiscoverRequest,
  encodeAutodiscoverResponse,
} from '../../../src/wire/client-setup/autodiscover.ts';
import { SETUP } from '../../wire/client-setup/setup-example.ts';
import type { FuzzTarget } from '../fuzz-target.ts';

/** The tags of a document without what stands between them. */
function skeleton(document: string): string {
  return document.replaceAll(/>[^<]*</g, '><');
}

const answersFor = (address: string): readonly string[] => [
  encodeAutodiscoverResponse(SETUP, address),
  encodeAppleProfile({ setup: SETUP, address, uuidOf: () => 'uuid' }),
];

const PLAIN = answersFor('a@office.example').map(skeleton);

/** The question of Outlook, and the documents about its address: whatever that is, they have the tags they always have. */
export const clientSetupTarget: FuzzTarget = {
  name: 'client-setup',
  open: () => (input) => {
    const { address, domain } = decodeAutodiscoverRequest(Buffer.from(input).toString());
    assert.deepEqual(answersFor(address).map(skeleton), PLAIN);
    return `${address.replaceAll(/[a-z0-9]+/gi, 'a').slice(0, 20)} ${domain.length}`;
  },
};
