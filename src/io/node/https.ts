import { type RequestOptions, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { formatAddress } from '../../base/address.ts';
import { concatBytes } from '../../base/bytes.ts';
import type { HttpsFetcher, HttpsRequest, HttpsResponse } from '../../port/https.ts';
import { kernelErrorFrom } from './errors.ts';

const HTTPS_PORT = 443;

export interface NodeHttpsOptions {
  /** For tests: another port than 443. */
  readonly port?: number;
  /** Certificates to trust instead of those the program comes with, PEM. */
  readonly authorities?: readonly string[];
}

/** Fetches by Node's HTTPS client, a connection each. */
export class NodeHttps implements HttpsFetcher {
  readonly #options: NodeHttpsOptions;

  constructor(options: NodeHttpsOptions = {}) {
    this.#options = options;
  }

  async get(wanted: HttpsRequest): Promise<HttpsResponse> {
    const { host, address, path, timeout } = wanted;
    const { port = HTTPS_PORT, authorities } = this.#options;
    const options: RequestOptions = {
      host: formatAddress(address),
      port,
      path,
      servername: host,
      headers: { host, connection: 'close' },
      agent: false,
      signal: AbortSignal.timeout(timeout),
      ...(authorities === undefined ? {} : { ca: [...authorities] }),
    };
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        request(options, resolve).on('error', reject).end();
      });
      return {
        status: response.statusCode ?? 0,
        contentType: (response.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '',
        body: await readBody(response, wanted.maxOctets),
      };
    } catch (error) {
      throw kernelErrorFrom(`fetch https://${host}${path}`, error);
    }
  }
}

async function readBody(response: IncomingMessage, maxOctets: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let octets = 0;
  for await (const chunk of response) {
    octets += (chunk as Uint8Array).length;
    // Leaving the loop destroys the response and with it the connection.
    if (octets > maxOctets) throw new Error(`the page is larger than ${maxOctets} octets`);
    chunks.push(chunk as Uint8Array);
  }
  return concatBytes(chunks);
}
