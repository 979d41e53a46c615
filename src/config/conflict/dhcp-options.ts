import type { Problem } from '../../base/errors.ts';
import { toHex } from '../../base/hex.ts';
import { type Ipv4, formatIpv4, ipv4Bytes, ipv4FromBytes } from '../../base/ipv4.ts';
import { formatPrefix4, isHost4, lastAddress4, netmask4 } from '../../base/prefix.ts';
import { usualOptionType } from '../../wire/dhcp4/option-catalog.ts';
import { optionProblem } from '../../wire/dhcp4/option-problem.ts';
import { encodeOptionValue } from '../../wire/dhcp4/option-value.ts';
import { codeOfOption } from '../../wire/dhcp4/options.ts';
import { foundText } from '../problems.ts';
import type { Config } from '../schema.ts';
import { type Finder, repeated } from './finder.ts';

type Option = Config['dhcp']['options'][number];

const SUBNET_MASK = codeOfOption('subnetMask');
const BROADCAST_ADDRESS = codeOfOption('broadcastAddress');
const ROUTERS = codeOfOption('routers');

/** Values that no device of this LAN could use: they follow from `lan.address`, and only that changes them. */
function contradiction({ code, type, value }: Option, { lan }: Config): string | undefined {
  const bytes = encodeOptionValue(type ?? usualOptionType(code), value);
  const lanText = `lan.address, ${formatPrefix4(lan.address)}`;
  const only = (name: string, address: Ipv4): string | undefined =>
    toHex(bytes) === toHex(ipv4Bytes(address))
      ? undefined
      : `"${formatIpv4(address)}", the ${name} of ${lanText}; without this option devices are told it anyway`;
  if (code === SUBNET_MASK) return only('netmask', netmask4(lan.address.length));
  if (code === BROADCAST_ADDRESS) return only('broadcast address', lastAddress4(lan.address));
  if (code !== ROUTERS) return undefined;
  const isReached = (at: number): boolean => isHost4(lan.address, ipv4FromBytes(bytes.subarray(at, at + 4)));
  const isWhole = bytes.length > 0 && bytes.length % 4 === 0;
  const isUsable =
    isWhole && Array.from({ length: bytes.length / 4 }, (_, index) => index * 4).every(isReached);
  return isUsable ? undefined : `routers that devices can reach, within ${lanText}`;
}

function optionProblems(config: Config): Problem[] {
  const { options } = config.dhcp;
  const single = options.flatMap((option, index): Problem[] => {
    const { code, type, value } = option;
    const found = optionProblem(code, type ?? usualOptionType(code), value);
    const wanted = found?.wanted ?? contradiction(option, config);
    if (wanted === undefined) return [];
    const part = found?.part ?? 'value';
    const path = `dhcp.options[${index}].${part}`;
    return [{ path, found: foundText(path, option[part]), wanted }];
  });
  const twice = repeated(options.map(({ code }) => code)).map(({ index, earlier }) => ({
    path: `dhcp.options[${index}].code`,
    found: String(options[index]?.code),
    wanted: `a number other than that of dhcp.options[${earlier}]`,
  }));
  return [...single, ...twice];
}

export const DHCP_OPTION_FINDERS: readonly Finder[] = [{ parts: ['dhcp', 'lan'], find: optionProblems }];
