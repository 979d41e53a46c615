import { UserError } from '../../base/errors.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import { type Prefix4, contains4 } from '../../base/prefix.ts';
import { RCODE, TYPE } from '../../wire/dns/constants.ts';
import {
  type DomainName,
  ancestorsOf,
  countLabels,
  joinNames,
  wireLength,
} from '../../wire/dns/domain-name.ts';
import type { ClientServers } from '../../base/client-setup.ts';
import type { DnsRecord, Question, RecordData } from '../../wire/dns/message.ts';
import { encodeData, typeOfData } from '../../wire/dns/record-data.ts';
import { addressOfReverseName, reverseName, reverseZones } from '../../wire/dns/reverse-name.ts';
import { type LocalAnswer, LOCAL_TTL, makeRecord, makeSoa, negative } from './answer.ts';
import { type BoxFacts, boxName, builtInNames, builtInRecords } from './built-in-records.ts';
import { mailClientRecords } from './mail-client-records.ts';
import { LeaseNames, type NameGrant, type ReservedName } from './lease-names.ts';
import { answerSpecialName } from './special-names.ts';

/** Aliases followed within the zone; a longer chain or a circle is answered as far as it goes. */
const MOST_ALIASES = 8;

/** Octets of all records of one name: with question and SOA record they fit one message of 65535. */
const LARGEST_NAME = 60_000;

/** The octets a record takes without compression. */
function sizeOf(record: DnsRecord): number {
  return wireLength(record.name) + 10 + encodeData(record.data).length;
}

export interface ZoneOptions {
  readonly domain: DomainName;
  /** The box's own name, one label. */
  readonly hostName: string;
  /** The LAN's prefixes, with the box's own address in each. */
  readonly lan: readonly Prefix4[];
  /** The box's IPv6 addresses on the LAN. */
  readonly lan6: readonly Ipv6[];
  /** The name the domain's mail goes to; undefined if the box takes no mail. */
  readonly mailHost: DomainName | undefined;
  /** What mail programs are told to use; undefined if the box is no post office. */
  readonly mailClients?: ClientServers | undefined;
  /** The owner's records. They come before what the box would say under the same name and type. */
  readonly records: readonly DnsRecord[];
}

/** One line of the list of names. */
export interface NameEntry {
  readonly name: DomainName;
  readonly data: RecordData;
  readonly source: 'built-in' | 'static' | 'dhcp';
}

function isAddress(data: RecordData): data is Extract<RecordData, { address: unknown }> {
  return data.type === 'A' || data.type === 'AAAA';
}

/** Whether the owner's record takes the place of the box's own: an alias of all (RFC 1034 section 3.6.2), an address of every address. */
function replaces(own: DnsRecord, builtIn: DnsRecord): boolean {
  if (own.name !== builtIn.name) return false;
  return (
    own.data.type === 'CNAME' ||
    own.data.type === builtIn.data.type ||
    (isAddress(own.data) && isAddress(builtIn.data))
  );
}

/**
 * What the box knows with authority: the office's domain, the reverse zones of the LAN, the owner's records wherever their names
 * are, and the names that never go upstream.
 */
export class LocalZone {
  readonly #options: ZoneOptions;
  readonly #leases: LeaseNames;
  readonly #zones: ReadonlySet<DomainName>;
  readonly #server: DomainName;
  #facts: BoxFacts;
  #reserved: ReadonlySet<DomainName> = new Set();
  #records = new Map<DomainName, DnsRecord[]>();
  /** Names with records below them. */
  #above = new Set<DomainName>();
  #taken = new Set<DomainName>();
  #serial = 1;

  /** @throws UserError if the records of one name are more than an answer holds */
  constructor(options: ZoneOptions) {
    this.#options = options;
    this.#leases = new LeaseNames(options.domain);
    this.#zones = new Set([options.domain, ...options.lan.flatMap(reverseZones)]);
    this.#facts = {
      domain: options.domain,
      hostName: options.hostName,
      lanAddresses: [...options.lan.map((prefix) => prefix.address), ...options.lan6],
      wanAddresses: [],
      mailHost: options.mailHost,
    };
    this.#server = boxName(this.#facts);
    for (const [name, records] of Map.groupBy(options.records, (record) => record.name)) {
      if (records.reduce((size, record) => size + sizeOf(record), 0) > LARGEST_NAME)
        throw new UserError(
          `Cannot serve the ${records.length} records of ${name}: an answer holds 60000 octets`,
        );
    }
    this.#rebuild();
  }

  /** The name of the box, which the zones' SOA and NS records name. */
  get server(): DomainName {
    return this.#server;
  }

  /** The WAN addresses are these from now on; none while the WAN is down. */
  setWan(addresses: readonly (Ipv4 | Ipv6)[]): void {
    this.#facts = { ...this.#facts, wanAddresses: addresses };
    this.#rebuild();
  }

  /** A lease has begun or goes on under the name the client gives. */
  setLeaseName(text: string, address: Ipv4): NameGrant {
    this.#serial++;
    return this.#leases.set(text, address);
  }

  /** A lease has ended. */
  removeLease(address: Ipv4): void {
    this.#serial++;
    this.#leases.delete(address);
  }

  /** Names that only the device with the address may have from now on. */
  setReservedNames(reserved: readonly ReservedName[]): void {
    this.#reserved = new Set(reserved.map(({ name }) => name));
    this.#leases.setReserved(reserved);
    this.#rebuild();
  }

  /** Why the device does not have the name it wants; undefined if it has it, or wants none. */
  leaseNameProblem(address: Ipv4): string | undefined {
    return this.#leases.problemOf(address);
  }

  /** What the zone says under its names, for the list the owner sees; reverse records of its own are left out, they follow from the others. */
  names(): NameEntry[] {
    const own = new Set(this.#options.records);
    const fixed = [...this.#records.values()].flat().flatMap((record): NameEntry[] => {
      const { name, data } = record;
      if (own.has(record)) return [{ name, data, source: 'static' }];
      return data.type === 'PTR' ? [] : [{ name, data, source: 'built-in' }];
    });
    const leased = [...this.#leases.entries()].map(([name, address]): NameEntry => ({
      name,
      data: { type: 'A', address },
      source: 'dhcp',
    }));
    return [...fixed, ...leased];
  }

  /** The answer to a question of class IN, or undefined if it is not ours to answer. */
  answer(question: Question): LocalAnswer | undefined {
    return this.#answerOwn(this.#qualify(question)) ?? answerSpecialName(question, this.#server);
  }

  /** A single label that is a host of the office is meant as that host: not every client appends the domain. */
  #qualify(question: Question): { question: Question; asked: DomainName } {
    const { name } = question;
    const isShort = (question.type === TYPE.A || question.type === TYPE.AAAA) && countLabels(name) === 1;
    const whole = isShort && !this.#isOurs(name) ? joinNames(name, this.#options.domain) : undefined;
    if (whole === undefined || this.#find(whole).length === 0) return { question, asked: name };
    return { question: { ...question, name: whole }, asked: name };
  }

  #answerOwn({ question, asked }: { question: Question; asked: DomainName }): LocalAnswer | undefined {
    const answers: DnsRecord[] = [];
    let { name } = question;
    if (!this.#isOurs(name)) return undefined;
    for (let aliases = 0; aliases <= MOST_ALIASES; aliases++) {
      const found = this.#find(name);
      const owner = aliases === 0 ? asked : name;
      const fitting = found.filter(({ data }) =>
        question.type === TYPE.ANY ? true : typeOfData(data) === question.type,
      );
      answers.push(...fitting.map((record) => ({ ...record, name: owner })));
      if (fitting.length > 0) return { rcode: RCODE.NOERROR, answers, authorities: [] };
      const alias = found.find(({ data }) => data.type === 'CNAME');
      if (alias?.data.type !== 'CNAME') break;
      answers.push({ ...alias, name: owner });
      name = alias.data.target;
      if (!this.#isOurs(name)) return { rcode: RCODE.NOERROR, answers, authorities: [], target: name };
    }
    return { ...this.#absent(name), answers };
  }

  #isOurs(name: DomainName): boolean {
    return this.#records.has(name) || this.#zoneOf(name) !== undefined;
  }

  /** A LAN may have many reverse zones, so they are not gone through. */
  #zoneOf(name: DomainName): DomainName | undefined {
    return this.#zones.has(name) ? name : ancestorsOf(name).find((above) => this.#zones.has(above));
  }

  #find(name: DomainName): DnsRecord[] {
    return [...(this.#records.get(name) ?? []), ...this.#ofLease(name), ...this.#ofApex(name)];
  }

  #ofLease(name: DomainName): DnsRecord[] {
    const address = this.#leases.addressOf(name);
    if (address !== undefined) return [makeRecord(name, LOCAL_TTL, { type: 'A', address })];
    const reversed = addressOfReverseName(name);
    const target = typeof reversed === 'number' ? this.#leases.nameOf(reversed) : undefined;
    return target === undefined ? [] : [makeRecord(name, LOCAL_TTL, { type: 'PTR', target })];
  }

  #ofApex(name: DomainName): DnsRecord[] {
    if (!this.#zones.has(name)) return [];
    return [
      makeSoa(name, this.#server, this.#serial),
      makeRecord(name, LOCAL_TTL, { type: 'NS', target: this.#server }),
    ];
  }

  #absent(name: DomainName): LocalAnswer {
    const zone = this.#zoneOf(name);
    // The owner's record of a name elsewhere is no zone: there is no SOA record to show.
    if (zone === undefined) return { rcode: RCODE.NOERROR, answers: [], authorities: [] };
    const rcode = this.#exists(name) ? RCODE.NOERROR : RCODE.NXDOMAIN;
    return negative(rcode, makeSoa(zone, this.#server, this.#serial));
  }

  /** A name exists if it or a name below it has records (RFC 8020 section 2), and so do the box's names while they have no address. */
  #exists(name: DomainName): boolean {
    if (this.#taken.has(name) || this.#above.has(name) || this.#leases.hasBelow(name)) return true;
    return this.#find(name).length > 0;
  }

  /** An owner who keeps one of these names for a device has a server of that kind. */
  #clientRecords(): DnsRecord[] {
    const { mailClients } = this.#options;
    if (mailClients === undefined) return [];
    const records = mailClientRecords(mailClients, this.#facts.lanAddresses);
    return records.filter(({ name }) => !this.#reserved.has(name));
  }

  #rebuild(): void {
    const { records, lan } = this.#options;
    const builtIn = [...builtInRecords(this.#facts), ...this.#clientRecords()].filter(
      (one) => !records.some((own) => replaces(own, one)),
    );
    const named = new Set(builtIn.map((record) => record.name));
    const reverse = records.flatMap(({ name, ttl, data }) => {
      if (data.type !== 'A' || !lan.some((prefix) => contains4(prefix, data.address))) return [];
      const owner = reverseName(data.address);
      const isNamed =
        named.has(owner) || records.some((other) => other.name === owner && other.data.type === 'PTR');
      named.add(owner);
      return isNamed ? [] : [makeRecord(owner, ttl, { type: 'PTR', target: name })];
    });
    this.#records = Map.groupBy([...records, ...builtIn, ...reverse], (record) => record.name);
    this.#above = new Set([...this.#records.keys()].flatMap(ancestorsOf));
    this.#taken = new Set([...builtInNames(this.#facts), ...records.map((record) => record.name)]);
    this.#leases.setTaken(this.#taken);
    this.#serial++;
  }
}
