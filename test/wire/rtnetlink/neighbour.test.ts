import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { macFromBytes } from '../../../src/base/mac.ts';
import { NUD, RTM } from '../../../src/wire/rtnetlink/constants.ts';
import { neighbourMessage } from '../../../src/wire/rtnetlink/neighbour.ts';
import { checkCodec, exchangesOf, repliesOf, requestOf } from './vectors.ts';

const exchanges = exchangesOf('neighbour.json');
checkCodec('neighbourMessage', neighbourMessage, exchanges);

test('neighbourMessage reads a permanent neighbour as it was asked for and as it is listed', () => {
  const { type, value } = requestOf(exchanges, 'add a neighbour', neighbourMessage);
  assert.equal(type, RTM.NEWNEIGH);
  const listed = repliesOf(exchanges, 'list all neighbours', neighbourMessage).find(
    (one) => one.address === parseIpv4('203.0.113.1'),
  );
  for (const one of [value, listed]) {
    assert.equal(one?.state, NUD.PERMANENT);
    assert.equal(macFromBytes(one?.hardwareAddress ?? new Uint8Array()), '02:00:00:00:00:01');
  }
});
