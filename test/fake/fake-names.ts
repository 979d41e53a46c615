import { parseIpv4 } from '../../src/base/ipv4.ts';
import type { MxRecord, NameAnswer, NameLookup } from '../../src/port/name-lookup.ts';
import type { IpAddress } from '../../src/port/udp.ts';

/** A DNS of what is put in; what is not there does not exist. */
export class FakeNames implements NameLookup {
  readonly mxRecords = new Map<string, NameAnswer<MxRecord>>();
  readonly hosts = new Map<string, NameAnswer<IpAddress>>();
  readonly txt = new Map<string, readonly string[]>();
  /** Names asked for, in order: `mx elsewhere.example`. */
  readonly asked: string[] = [];

  /** A domain with hosts in order of preference, each with its IPv4 address: `10 mx.elsewhere.example 192.0.2.1`. */
  domain(name: string, ...lines: readonly string[]): void {
    const records = lines.map((line) => {
      const [preference = '0', exchange = '', ...addresses] = line.split(' ');
      this.host(exchange, ...addresses);
      return { preference: Number(preference), exchange };
    });
    this.mxRecords.set(name, { kind: 'found', records });
  }

  host(name: string, ...addresses: readonly string[]): void {
    if (addresses.length > 0) this.hosts.set(name, { kind: 'found', records: addresses.map(parseIpv4) });
  }

  async mx(domain: string): Promise<NameAnswer<MxRecord>> {
    this.asked.push(`mx ${domain}`);
    return this.mxRecords.get(domain) ?? { kind: 'none', nameExists: this.hosts.has(domain) };
  }

  async addresses(host: string): Promise<NameAnswer<IpAddress>> {
    this.asked.push(`a ${host}`);
    return this.hosts.get(host) ?? { kind: 'none', nameExists: false };
  }

  async texts(name: string): Promise<NameAnswer<string>> {
    const records = this.txt.get(name);
    return records === undefined ? { kind: 'none', nameExists: false } : { kind: 'found', records };
  }
}
