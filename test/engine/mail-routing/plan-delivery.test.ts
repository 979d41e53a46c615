import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RoutedRecipient, planDelivery } from '../../../src/engine/mail-routing/plan-delivery.ts';

const here = (users: string[], outside: string[] = []): RoutedRecipient['route'] => ({
  kind: 'here',
  users,
  outside,
});
const elsewhere: RoutedRecipient['route'] = { kind: 'elsewhere' };

test('planDelivery() gives each user and each address elsewhere the message once', () => {
  const plan = planDelivery([
    { address: 'sales@office.example', route: here(['alice', 'bob'], ['p@far.example']) },
    { address: 'bob@office.example', route: here(['bob']) },
    { address: 'P@far.example', route: elsewhere },
    { address: 'q@far.example', route: elsewhere },
  ]);
  assert.deepEqual(plan.users, ['alice', 'bob']);
  assert.deepEqual(
    plan.remote.map(({ address }) => address),
    ['p@far.example', 'q@far.example'],
  );
  assert.deepEqual(plan.reports, []);
});

test('planDelivery() passes wishes on with relayed mail and reports nothing itself (RFC 3461 §5.2.2)', () => {
  const recipient = {
    address: 'q@far.example',
    notify: ['success', 'failure'],
    originalRecipient: 'rfc822;q@far.example',
  } as const;
  const plan = planDelivery([{ ...recipient, route: elsewhere }]);
  assert.deepEqual(plan, { users: [], remote: [recipient], reports: [] });
});

test('planDelivery() reports the success of delivery here where it is wanted (RFC 3461 §5.2.3)', () => {
  const originalRecipient = 'rfc822;al+2Bx@office.example';
  const plan = planDelivery([
    { address: 'alice@office.example', notify: ['success'], originalRecipient, route: here(['alice']) },
    { address: 'bob@office.example', notify: ['failure'], route: here(['bob']) },
    { address: 'carol@office.example', route: here(['carol']) },
  ]);
  assert.deepEqual(plan.reports, [
    { address: 'alice@office.example', originalRecipient, action: 'delivered' },
  ]);
});

test('planDelivery() passes all wishes on with a forward to one address (RFC 3461 §5.2.7.1)', () => {
  const plan = planDelivery([
    { address: 'old@office.example', notify: ['success'], route: here([], ['new@far.example']) },
  ]);
  assert.deepEqual(plan.remote, [{ address: 'new@far.example', notify: ['success'] }]);
  assert.deepEqual(plan.reports, []);
});

test('planDelivery() reports a group as expanded and asks the others for no further success (RFC 3461 §5.2.7.3)', () => {
  const plan = planDelivery([
    {
      address: 'group@office.example',
      notify: ['success', 'delay'],
      route: here(['alice'], ['p@far.example']),
    },
    {
      address: 'two@office.example',
      notify: ['success'],
      route: here([], ['q@far.example', 'r@far.example']),
    },
  ]);
  assert.deepEqual(plan.remote, [
    { address: 'p@far.example', notify: ['delay'] },
    { address: 'q@far.example', notify: [] },
    { address: 'r@far.example', notify: [] },
  ]);
  assert.deepEqual(
    plan.reports.map(({ address, action }) => [address, action]),
    [
      ['group@office.example', 'expanded'],
      ['two@office.example', 'expanded'],
    ],
  );
});
