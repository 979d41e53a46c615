/** Mail for other hosts that has not left yet: one for each recipient. */
export interface QueueStatus {
  readonly messages: number;
  /** How many of them the owner holds. */
  readonly held: number;
  /** When the oldest came; null without any. */
  readonly oldest: string | null;
}
