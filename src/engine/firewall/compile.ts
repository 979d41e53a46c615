import { forwardChains } from './forward-chains.ts';
import { forwardMaps } from './forward-maps.ts';
import { fromWanChain, inputChains, outputChain } from './input-chains.ts';
import { COUNTER, SET, TABLE } from './names.ts';
import { natChains } from './nat-chains.ts';
import type { FirewallOptions } from './options.ts';
import type { Ruleset, RulesetChain, RulesetSet } from './ruleset.ts';
import { deviceSet, directionSet, forwardSet, lanNetworkSet, serviceCounter, serviceSet } from './sets.ts';

const COMMENT = 'made by gatepost from its configuration';

/**
 * The ruleset of a mode.
 * @throws UserError when options contradict one another in a way that only shows here
 */
export function compileRuleset(options: FirewallOptions): Ruleset {
  const hasWan = options.mode !== 'lan-only';
  return {
    table: TABLE,
    comment: COMMENT,
    counters: counterNames(options),
    sets: [...lanSets(options), ...(hasWan ? wanSets(options) : []), ...natSets(options)],
    chains: [
      ...inputChains(hasWan ? fromWanChain(options.pingFromWan) : undefined),
      ...forwardChains(options),
      ...natOf(options),
      outputChain(),
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
  return { ...compileRuleset(options), comment: `${COMMENT}, before it is in force` };
}

function lanSets({ lan, lanServices }: FirewallOptions): RulesetSet[] {
  return [deviceSet(SET.LAN, 'lan.devices', lan), serviceSet('lan', lanServices)];
}

function wanSets(options: FirewallOptions): RulesetSet[] {
  return [
    deviceSet(SET.WAN, 'wan.device', options.wan),
    serviceSet('wan', options.publicServices),
    directionSet(options),
  ];
}

function natSets(options: FirewallOptions): RulesetSet[] {
  if (options.mode !== 'firewall') return [];
  const { shifted, samePort } = forwardMaps(options);
  return [
    lanNetworkSet(options.lanNetworks),
    forwardSet(SET.FORWARDS, ['ipv4_addr', 'inet_service'], shifted),
    forwardSet(SET.FORWARDS_SAME_PORT, ['ipv4_addr'], samePort),
  ];
}

function natOf(options: FirewallOptions): RulesetChain[] {
  return options.mode === 'firewall' ? natChains(options) : [];
}

/** All counters in every mode: a total is not lost by a change of the mode and back. */
function counterNames(options: FirewallOptions): string[] {
  const services = [
    ...options.lanServices.map((service) => serviceCounter('lan', service)),
    ...options.publicServices.map((service) => serviceCounter('wan', service)),
  ];
  return [...new Set([...Object.values(COUNTER), ...services])];
}
