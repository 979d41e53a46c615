import { addressCountSets } from './address-counts.ts';
import { blockedChain, blockedSets, isBlocking } from './blocked-devices.ts';
import { directionSet } from './direction-chains.ts';
import { forwardChains } from './forward-chains.ts';
import { forwardMaps } from './forward-maps.ts';
import { inputChains } from './input-chains.ts';
import { COUNTER, SET, TABLE } from './names.ts';
import { natChains } from './nat-chains.ts';
import { ALL_FEATURES, type FirewallFeatures, type FirewallOptions } from './options.ts';
import { originChains, tcpFlagSets } from './origin-chain.ts';
import { outputChains } from './output-chains.ts';
import { type Plan, hasWan, isClosed } from './plan.ts';
import type { Ruleset, RulesetSet } from './ruleset.ts';
import { senderSets } from './sender-limits.ts';
import {
  deviceSet,
  exposedHostSet,
  forwardSet,
  forwardedPortSet,
  lanNetworkSet,
  oneToOneSets,
  serviceCounter,
  serviceSet,
} from './sets.ts';

const COMMENT = 'made by gatepost from its configuration';

/**
 * The ruleset of a mode. Without a feature it has nothing that a kernel without it would refuse.
 * @throws UserError when options contradict one another in a way that only shows here
 */
export function compileRuleset(options: FirewallOptions, features: FirewallFeatures = ALL_FEATURES): Ruleset {
  const plan: Plan = { options, features };
  return {
    table: TABLE,
    comment: COMMENT,
    flowTable: hasWan(plan) && features.offload ? options.offload : [],
    counters: counterNames(options),
    sets: [...lanSets(options), ...wanSets(plan), ...translationSets(plan)],
    chains: [
      ...originChains(plan),
      ...inputChains(plan),
      ...(isBlocking(plan) ? [blockedChain(plan)] : []),
      ...forwardChains(plan),
      ...natChains(plan),
      ...outputChains(plan),
    ],
  };
}

/**
 * What protects the box from power-on until its configuration is in force: the LAN reaches the services it is
 * managed by, replies come back, nothing is forwarded. It uses nothing that a small kernel might lack.
 */
export function denyAll({ lan, lanServices }: Pick<FirewallOptions, 'lan' | 'lanServices'>): Ruleset {
  const options: FirewallOptions = {
    mode: 'lan-only',
    wan: [],
    lan,
    lanNetworks: [],
    lanServices,
    publicServices: [],
    forwards: [],
    oneToOne: [],
    exposedHost: null,
    blocked: { macs: [], addresses: [] },
    hairpin: false,
    pingFromWan: false,
    logDropped: false,
    offload: [],
  };
  const features: FirewallFeatures = { ...ALL_FEATURES, accounting: false };
  return { ...compileRuleset(options, features), comment: `${COMMENT}, before it is in force` };
}

function lanSets({ lan, lanServices }: FirewallOptions): RulesetSet[] {
  return [deviceSet(SET.LAN, 'lan.devices', lan), serviceSet('lan', lanServices)];
}

function wanSets(plan: Plan): RulesetSet[] {
  const { options } = plan;
  if (!hasWan(plan)) return addressCountSets(plan);
  return [
    deviceSet(SET.WAN, 'wan.device', options.wan),
    lanNetworkSet(options.lanNetworks),
    serviceSet('wan', options.publicServices),
    directionSet(plan),
    ...tcpFlagSets(plan),
    ...blockedSets(plan),
    ...addressCountSets(plan),
    ...senderSets(plan),
  ];
}

/** Elements count for themselves where the kernel can: what each forward and each address is used for. */
function translationSets(plan: Plan): RulesetSet[] {
  if (!isClosed(plan)) return [];
  const { options, features } = plan;
  const { ports, shifted, samePort } = forwardMaps(options);
  return [
    forwardedPortSet(ports, features.accounting),
    forwardSet(SET.FORWARDS, ['ipv4_addr', 'inet_service'], shifted, features.accounting),
    forwardSet(SET.FORWARDS_SAME_PORT, ['ipv4_addr'], samePort, features.accounting),
    ...oneToOneSets(options.oneToOne, features.accounting),
    exposedHostSet(options, features.accounting),
  ];
}

/** All counters in every mode: a total is not lost by a change of the mode and back. */
function counterNames(options: FirewallOptions): string[] {
  const services = [
    ...options.lanServices.map((service) => serviceCounter('lan', service)),
    ...options.publicServices.map((service) => serviceCounter('wan', service)),
  ];
  return [...new Set([...Object.values(COUNTER), ...services])];
}
