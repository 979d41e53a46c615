import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seconds } from '../../../src/base/duration.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { ADDRESS, Driver, TYPE } from './driver.ts';

function started(): Driver {
  const driver = new Driver();
  driver.fire({ kind: 'start', linkUp: true, saved: undefined, adopt: false });
  return driver;
}

const reports = ({ done }: Driver): number => done.filter((one) => one.endsWith(' report')).length;

test('State.trouble says with what reason a server refuses', () => {
  const driver = started();
  driver.answer(TYPE.OFFER, ADDRESS);
  driver.answer(TYPE.NAK, parseIpv4('0.0.0.0'), { message: 'not paid\u001b[2J' });
  assert.equal(driver.state.trouble, 'The server 203.0.113.1 refused the address: not paid\\x1b[2J');
});

test('State.trouble says why an offer is of no use, and the log hears of it once', () => {
  const driver = started();
  driver.answer(TYPE.OFFER, ADDRESS, { leaseTime: Seconds(5) });
  assert.equal(
    driver.state.trouble,
    'The server 203.0.113.1 gives 203.0.113.50 for 5 s, less than the 10 s it takes to keep an address: it is not used',
  );
  for (let last = 1; last < 100; last++) driver.answer(TYPE.OFFER, parseIpv4(`224.0.0.${last}`));
  assert.equal(
    driver.state.trouble,
    'The server 203.0.113.1 gives 224.0.0.99, which no host can have: it is not used',
  );
  assert.equal(reports(driver), 1);
});

test('State.trouble says that a server offers an address and then falls silent', () => {
  const driver = started();
  driver.answer(TYPE.OFFER, ADDRESS);
  driver.pass(Seconds(62));
  assert.equal(
    driver.state.trouble,
    'The server 203.0.113.1 offered 203.0.113.50, and does not answer who asks for it',
  );
});

test('State.trouble is over with a lease, and when no server has answered for a while', () => {
  for (const ends of [true, false]) {
    const driver = started();
    driver.answer(TYPE.OFFER, ADDRESS, { leaseTime: Seconds(5) });
    if (ends) {
      driver.answer(TYPE.OFFER, ADDRESS);
      driver.answer(TYPE.ACK, ADDRESS);
    }
    assert.notEqual(driver.state.trouble, undefined);
    driver.pass(Seconds(60));
    assert.equal(driver.state.trouble, undefined);
  }
});
