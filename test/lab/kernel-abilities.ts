import { spawnSync } from 'node:child_process';

const UNREADY = 99;

/**
 * Tries a command behind others in an empty network namespace that ends with them; why it failed, in the tool's words.
 * @throws Error if the commands before it fail: a test that is skipped for a wrong reason would never be missed
 */
function refusalOf(preparations: readonly string[], command: string): string | undefined {
  const line = [...preparations.map((one) => `${one} || exit ${UNREADY}`), command].join('\n');
  const { status, stderr } = spawnSync('unshare', ['--net', 'sh', '-c', line], { encoding: 'utf8' });
  if (status === UNREADY) throw new Error(`Cannot ask the kernel what it has: ${stderr}`);
  return status === 0 ? undefined : stderr.trim().split('\n')[0];
}

const CABLE = 'ip link add name port0 type veth peer name port1';

/** Why a test that needs VLAN devices is skipped; false where the kernel has them. */
export function lackOfVlans(): string | false {
  const refusal = refusalOf([CABLE], 'ip link add link port0 name port0.7 type vlan id 7');
  return refusal !== undefined && `this kernel makes no VLAN device: ${refusal}`;
}

/** Why a test that needs flow tables is skipped; false where the kernel has them. */
export function lackOfFlowTables(): string | false {
  const flowTable = "'{ hook ingress priority 0; devices = { port0, port1 }; }'";
  const refusal = refusalOf(
    [CABLE, 'nft add table inet probe', 'nft add chain inet probe c'],
    `nft add flowtable inet probe f ${flowTable} && nft add rule inet probe c meta l4proto tcp flow add @f`,
  );
  return refusal !== undefined && `this kernel makes no flow table: ${refusal}`;
}
