import type { NotifyWish, RemoteRecipient } from '../../port/mail-queue.ts';
import type { Route } from './mail-routing.ts';

/** A recipient of the envelope and where its mail goes. */
export interface RoutedRecipient extends RemoteRecipient {
  readonly route: Extract<Route, { readonly kind: 'here' | 'elsewhere' }>;
}

/** A recipient whose sender wants to be told of success, and who is done with here (RFC 3461 §5.2). */
export interface SuccessReport {
  readonly address: string;
  readonly originalRecipient: string | undefined;
  /** `expanded`: the mail went on to other hosts under several names (RFC 3464 §2.3.3). */
  readonly action: 'delivered' | 'expanded';
}

/** Who gets a message in the end, each once. */
export interface DeliveryPlan {
  readonly users: readonly string[];
  readonly remote: readonly RemoteRecipient[];
  readonly reports: readonly SuccessReport[];
}

/** Puts the recipients of a message together. What a sender wants to be told goes on with the mail as RFC 3461 §5.2.7 has it. */
export function planDelivery(recipients: readonly RoutedRecipient[]): DeliveryPlan {
  const users = new Set<string>();
  const remote = new Map<string, RemoteRecipient>();
  const reports: SuccessReport[] = [];
  const send = (recipient: RemoteRecipient, address = recipient.address): void => {
    const key = address.toLowerCase();
    if (!remote.has(key)) remote.set(key, { ...recipient, address });
  };
  for (const { route, ...recipient } of recipients) {
    if (route.kind === 'elsewhere') {
      send(recipient);
      continue;
    }
    for (const user of route.users) users.add(user);
    const isForward = route.users.length === 0 && route.outside.length === 1;
    const notify = isForward ? recipient.notify : recipient.notify?.filter((wish) => wish !== 'success');
    const forwarded = { ...recipient, notify };
    for (const address of route.outside) send(forwarded, address);
    if (!isForward && wantsSuccess(recipient.notify)) {
      const { address, originalRecipient } = recipient;
      const action = route.outside.length === 0 ? 'delivered' : 'expanded';
      reports.push({ address, originalRecipient, action });
    }
  }
  return { users: [...users], remote: [...remote.values()], reports };
}

function wantsSuccess(notify: readonly NotifyWish[] | undefined): boolean {
  return notify?.includes('success') === true;
}
