import type { Duration } from '../base/duration.ts';
import type { IpAddress } from './udp.ts';

export interface HttpsRequest {
  /** For the certificate, which is checked, and for the header; the connection goes to `address`. */
  readonly host: string;
  readonly address: IpAddress;
  readonly path: string;
  /** In all. */
  readonly timeout: Duration;
  /** Of the body; a longer one is refused. */
  readonly maxOctets: number;
}

export interface HttpsResponse {
  readonly status: number;
  /** Lower case, without parameters. */
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** One page of another host by HTTPS. Redirections are not followed. */
export interface HttpsFetcher {
  /** @throws KernelError when there is no answer, or none that may be trusted */
  get(request: HttpsRequest): Promise<HttpsResponse>;
}
