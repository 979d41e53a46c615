import { NO_TIME, formatTime } from '../../base/time-text.ts';
import { type Check, failed, type Finding, ok, unknown, warning } from './check.ts';
import type { HealthFacts, UpstreamFacts, WanFacts } from './facts.ts';

/** link -> address -> gateway -> name servers -> internet. The last asks for a name, so it needs those before it. */
export function wanCheck(wan: WanFacts, upstreams: HealthFacts['upstreams']): Check {
  const internet = internetChecks(wan);
  const beyond: readonly Check[] =
    upstreams === null
      ? internet
      : [{ name: 'name servers', finding: upstreamFinding(upstreams), dependents: internet }];
  const gateway: Check = { name: 'gateway', finding: gatewayFinding(wan), dependents: beyond };
  const address: Check = { name: 'address', finding: addressFinding(wan), dependents: [gateway] };
  return { name: 'link', finding: linkFinding(wan), dependents: [address] };
}

function linkFinding({ status, problem }: WanFacts): Finding {
  if (typeof problem === 'string') return failed(problem);
  const { device, link } = status;
  switch (link) {
    case 'up':
      return ok(`The device ${device} is connected`);
    case 'down':
      return failed(`The device ${device} has no carrier: a cable is unplugged, or what it leads to is off`);
    default:
      return failed(`There is no device ${device}`);
  }
}

function internetChecks({ internet }: WanFacts): readonly Check[] {
  if (internet === undefined || internet.state === 'off') return [];
  const finding = { reachable: ok, unreachable: failed, unknown }[internet.state](internet.reason);
  return [{ name: 'internet', finding }];
}

function addressFinding(wan: WanFacts): Finding {
  const { address, lease, method, state } = wan.status;
  if (address === null) return missingFinding(wan);
  if (wan.unused) return failed(wan.unused);
  if (lease === null) return ok(`${address}, ${method}`);
  const text = `${address}, ${leaseText(lease)}`;
  return state === 'REBINDING'
    ? warning(`${text}: that server does not answer any more, and every other one is asked`)
    : ok(text);
}

function missingFinding({ status, conflict, trouble }: WanFacts): Finding {
  const { method, state } = status;
  if (conflict) {
    return failed(
      `No address yet: ${conflict.address}, which the provider gave, is in use by ${conflict.mac}; another one is asked for`,
    );
  }
  if (trouble) return failed(`No address yet. ${trouble}`);
  if (method === 'dhcp' && (state === 'SELECTING' || state === 'INIT')) {
    return failed('No address yet: no DHCP server has answered');
  }
  return method === 'dhcp' ? unknown('An address is being asked for') : failed('No address is configured');
}

function leaseText({ server, expires }: NonNullable<WanFacts['status']['lease']>): string {
  const end = formatTime(expires);
  return end === NO_TIME ? `lease from ${server}` : `lease from ${server}, ends ${end}`;
}

function gatewayFinding({ status, gateway }: WanFacts): Finding {
  if (status.address === null) return unknown('None is known before there is an address');
  if (status.gateway === null)
    return failed('No gateway is known: nothing beyond the own network is reachable');
  if (gateway === 'reachable') return ok(`${status.gateway} answers`);
  return gateway === 'unknown'
    ? unknown(`${status.gateway} has not been asked yet`)
    : failed(`${status.gateway} answers neither echo requests nor ARP`);
}

function upstreamFinding(upstreams: readonly UpstreamFacts[]): Finding {
  const names = (answers: boolean): string =>
    upstreams
      .filter((one) => one.answers === answers)
      .map((one) => one.name)
      .join(', ');
  const [answering, silent] = [names(true), names(false)];
  if (upstreams.length === 0)
    return failed(
      'No name server is known that could be asked: name one in dns.upstreams, or allow those of the provider with wan.useProviderDns',
    );
  if (silent === '')
    return answering === '' ? unknown('None has been asked yet') : ok(`${answering} answers`);
  return answering === '' && upstreams.every((one) => one.answers === false)
    ? failed(`None answers: ${silent}`)
    : warning(`No answer from ${silent}`);
}
