import { UserError, messageOf } from '../../base/errors.ts';
import { fromUtf8 } from '../../base/text.ts';
import type { Files } from '../../port/files.ts';
import type { ResetKind } from '../../port/machine.ts';

/** The owner's file on the partition that every computer can write; editors add the second name's end. */
const NAMES = ['reset', 'reset.txt', 'RESET', 'RESET.TXT'];
/** Its name while the reset is done: proof that it can be taken away afterwards. */
const BEGUN = 'reset.now';

/** What the owner's file asks for, if there is one, and how it is taken away when that is done. */
export interface FileRequest {
  readonly kind: ResetKind;
  done(): Promise<void>;
}

/**
 * Looks for the owner's file. It gets another name first: from a card that cannot be written the settings of the owner would be reset at
 * every start, so that nothing is reset then. @throws UserError
 */
export async function findRequest(folder: Files): Promise<FileRequest | undefined> {
  const begun = await folder.read(BEGUN);
  if (begun !== undefined) return requestOf(folder, begun);
  for (const name of NAMES) {
    const content = await folder.read(name);
    if (content === undefined) continue;
    try {
      await folder.rename(name, BEGUN);
      await folder.syncDirectory('.');
    } catch (error) {
      throw new UserError(
        `Cannot reset the box as the file "${name}" asks: it could not be taken away afterwards (${messageOf(error)}); is the card write-protected?`,
      );
    }
    return requestOf(folder, content);
  }
  return undefined;
}

function requestOf(folder: Files, content: Uint8Array): FileRequest {
  const isAll = fromUtf8(content.subarray(0, 64)).toLowerCase().includes('everything');
  return {
    kind: isAll ? 'everything' : 'settings',
    done: async () => {
      await folder.remove(BEGUN);
      await folder.syncDirectory('.');
    },
  };
}
