/** What perfdhcp has measured. */
export interface PerfdhcpReport {
  /** Whole exchanges. */
  readonly completed: number;
  /** From its start to the last ACK. */
  readonly seconds: number;
}

const ACKS = 'Timestamps for packets: REQUEST-ACK';

/**
 * Reads the times of all packets (`-x t`), where those of an exchange are HHMMSS with a fraction. The rate that perfdhcp names
 * itself counts the wait for the last answers as time of the server.
 */
export function readPerfdhcpReport(report: string): PerfdhcpReport {
  const [, afterTitle = ''] = report.split(ACKS);
  const [acks = ''] = afterTitle.split('Timestamps for packets');
  const times = [...acks.matchAll(/ \/ (\d+)(\d\d)(\d\d(?:\.\d+)?)$/gm)].map(
    ([, hours, minutes, seconds]) => (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds),
  );
  return { completed: times.length, seconds: times.reduce((last, one) => Math.max(last, one), 0) };
}
