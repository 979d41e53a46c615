/** A record that was to be read and is damaged; others are not concerned. */
export class DamagedRecordError extends Error {
  override readonly name = 'DamagedRecordError';
}
