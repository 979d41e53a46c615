import { Box } from './box.ts';
import { Office } from './office.ts';

/** An office at work: its box is online, and its computers have their addresses from it. */
export async function startOffice(): Promise<{ readonly office: Office; readonly box: Box }> {
  const office = await Office.create();
  const box = await Box.start(office.box);
  await box.online();
  await office.plugIn();
  return { office, box };
}
