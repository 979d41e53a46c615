import assert from 'node:assert/strict';
import process from 'node:process';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { formatIpv4, ipv4Bytes, ipv4FromBytes } from '../../src/base/ipv4.ts';
import { lastAddress4, network4 } from '../../src/base/prefix.ts';
import { canonicalLines } from '../../src/engine/firewall/canonical.ts';
import { compileRuleset } from '../../src/engine/firewall/compile.ts';
import type { FirewallOptions } from '../../src/engine/firewall/options.ts';
import { contentMessages } from '../../src/engine/firewall/transaction.ts';
import { NetlinkError } from '../../src/engine/netlink-dialog/netlink-error.ts';
import { readTable } from '../../src/service/firewall/kernel-table.ts';
import { decodeNft, encodeNft } from '../../src/wire/nftables/message.ts';
import {
  type Destination,
  type Probe,
  destinationOf,
  follow,
  forwardStep,
  probesOf,
} from './forward-lists.ts';
import { FIREWALL, run } from './firewall-site.ts';
import { type Listing, listedDestination, probesOfListing, readListing } from './nft-listing.ts';
import { openFirewall } from './own-firewall.ts';
import { inOwnNetwork, tell } from './own-network.ts';

const LISTS = Number(process.env['GATEPOST_PARITY_LISTS'] ?? 60);
const SEED = Number(process.env['GATEPOST_PARITY_SEED'] ?? Date.now() % 1_000_000);
/** For each list; each is a question to the kernel. */
const LOOKUPS = 12;
const PATIENCE = 300_000 + LISTS * 500;

const PROTOCOL = { tcp: 6, udp: 17 } as const;

inOwnNetwork(
  import.meta.filename,
  () => {
    const { session, firewall } = openFirewall();
    after(() => session.close());

    /** What the kernel itself finds in one of the maps, undefined if nothing. */
    async function lookUp(set: string, { source, protocol, port }: Probe): Promise<Uint8Array | undefined> {
      const place = [PROTOCOL[protocol], 0, 0, 0, port >> 8, port & 255, 0, 0];
      const value = Uint8Array.of(...(set === 'forwarded-ports' ? [] : ipv4Bytes(source)), ...place);
      const elements = [{ key: { value } }];
      const body = { table: 'gatepost', set, elements };
      const question = encodeNft({ operation: 'get', family: 1, kind: 'elements', body });
      try {
        const [reply] = await session.request({ ...question, flags: 0 });
        const message = reply && decodeNft(reply);
        return message?.kind === 'elements' ? message.body.elements?.[0]?.data?.value : undefined;
      } catch (error) {
        if (error instanceof NetlinkError && error.errno === 'ENOENT') return undefined;
        throw error;
      }
    }

    async function kernelDestination(probe: Probe): Promise<Destination | undefined> {
      const shifted = (await lookUp('forwarded-ports', probe)) ?? (await lookUp('forwards', probe));
      const found = shifted ?? (await lookUp('forwards-same-port', probe));
      if (found === undefined) return undefined;
      const port = shifted === undefined ? probe.port : ((found[4] ?? 0) << 8) | (found[5] ?? 0);
      return { address: ipv4FromBytes(found.subarray(0, 4)), port };
    }

    async function checkList(options: FirewallOptions): Promise<void> {
      const { messages } = await readTable(session, 'gatepost');
      assert.deepEqual(canonicalLines(messages), canonicalLines(contentMessages(compileRuleset(options))));
      const listing = readListing(run('nft', '-j', 'list', 'table', 'inet', 'gatepost'));
      const probes = [...probesOf(options), ...probesOfListing(listing)];
      for (const probe of probes)
        assert.deepEqual(
          listedDestination(listing, probe),
          destinationOf(options, probe),
          JSON.stringify(probe),
        );
      for (let i = 0; i < LOOKUPS && probes.length > 0; i++) {
        const probe = probes[Math.floor((i * probes.length) / LOOKUPS)];
        if (probe !== undefined)
          assert.deepEqual(
            await kernelDestination(probe),
            destinationOf(options, probe),
            JSON.stringify(probe),
          );
      }
      checkRest(options, listing);
    }

    test(`apply() by difference leaves in the kernel what ${LISTS} generated lists of forwards say`, async () => {
      const outcomes = { unchanged: 0, changed: 0, replaced: 0 };
      let options = FIREWALL;
      for (const [index, step] of fc.sample(forwardStep, { numRuns: LISTS, seed: SEED }).entries()) {
        options = follow(options, step);
        const { outcome } = await firewall.apply(options);
        outcomes[outcome]++;
        try {
          await checkList(options);
        } catch (error) {
          throw new Error(`list ${index} of seed ${SEED}: ${JSON.stringify(options)}`, { cause: error });
        }
      }
      assert.equal(outcomes.replaced, 1, 'only the first makes the table');
      tell(`${LISTS} lists of forwards (seed ${SEED}), parity with the kernel: ${JSON.stringify(outcomes)}`);
    });
  },
  PATIENCE,
);

function checkRest(options: FirewallOptions, listing: Listing): void {
  const sorted = (texts: readonly string[]): string[] => texts.toSorted((a, b) => (a < b ? -1 : 1));
  assert.deepEqual(
    sorted([...listing.oneToOne].map(([address, to]) => `${address} ${to}`)),
    sorted(options.oneToOne.map(({ address, to }) => `${formatIpv4(address)} ${formatIpv4(to)}`)),
  );
  assert.deepEqual(
    sorted(listing.lanNetworks),
    sorted(options.lanNetworks.map((network) => `${network4(network)}-${lastAddress4(network)}`)),
  );
}
