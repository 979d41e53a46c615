import type { HealthReport } from '../../port/health-report.ts';
import type { UpdateManifest } from '../../wire/update/manifest.ts';
import { ailment } from './working-checks.ts';

/** The box that an update wants to come onto. */
export interface UpdateTarget {
  readonly board: string;
  /** Of the configuration in force. */
  readonly configVersion: number;
  /** Octets of the slot that is not in use. */
  readonly slotOctets: number;
  /** Whether the running system is itself still on trial. */
  readonly isOnTrial: boolean;
  /** The other slot's system is damaged: an update is the cure, and takes nothing away. */
  readonly isLastSystem: boolean;
  /** What was broken at the start and is made up for: it would end every trial. */
  readonly impairment: string | undefined;
  readonly health: HealthReport;
}

/** Why this update may not be installed now, as one sentence; undefined if it may. */
export function refusalOf(manifest: UpdateManifest, target: UpdateTarget): string | undefined {
  const { version, board, configVersion, octets } = manifest;
  const cannot = `Cannot update to ${version}:`;
  if (board !== target.board) return `${cannot} it is for the board ${board}, and this is a ${target.board}`;
  if (configVersion < target.configVersion)
    return `${cannot} it understands configurations up to version ${configVersion}, and this box has one of version ${target.configVersion}`;
  if (octets > target.slotOctets)
    return `${cannot} it has ${octets} octets, and there is room for ${target.slotOctets}`;
  if (target.isOnTrial)
    return `${cannot} the running system is still on trial after the update before; try again in some minutes`;
  if (target.isLastSystem) return undefined;
  const ill = target.impairment ?? ailment(target.health);
  if (ill !== undefined)
    return `${cannot} the box is not well now (${ill}), so that nobody could tell whether the update works; put that right first`;
  return undefined;
}
