import { html } from 'hono/html';
import type { ClientServer, ClientSetup } from '../../base/client-setup.ts';
import { APPLE_PROFILE_PATH, AUTHORITY_PATH } from '../client-setup.ts';
import { type Html, type Row, table } from './table.ts';

const ENCRYPTION = { implicit: 'TLS (SSL)', starttls: 'STARTTLS' } as const;

function rows(what: string, servers: readonly ClientServer[]): Row[] {
  return servers.map(({ host, port, tls }) => [what, host, String(port), ENCRYPTION[tls]]);
}

function trustPart({ trust: [first] }: ClientSetup): Html | '' {
  if (first === undefined) return '';
  return html`<h3>When a device does not trust the server</h3>
    <p>
      <a href="${AUTHORITY_PATH}" download>Certificate of the authority of the box</a>: install it once on the
      device, and compare its fingerprint. It is good for servers of this office only.
    </p>
    <p>SHA-256: <span class="fingerprint">${first.fingerprint}</span></p>`;
}

/** What the browser compares a whole address with before it asks for a profile, in capitals or not. */
function addressPattern(domains: readonly string[]): string {
  const anyCase = (letter: string): string => `[${letter}${letter.toUpperCase()}]`;
  const patterns = domains.map((domain) => domain.replaceAll('.', '\\.').replaceAll(/[a-z]/g, anyCase));
  return `[^@]+@(?:${patterns.join('|')})`;
}

/** What people need to know for reading their mail with a program of their own. */
export function clientSetupSection(setup: ClientSetup): Html | '' {
  const [domain] = setup.domains;
  if (domain === undefined) return '';
  return html`<section aria-labelledby="mail-programs">
    <h2 id="mail-programs">Set up a mail program</h2>
    <p>
      In the office, mail address and password are enough for most programs. Those that ask for more are told
      this; the login is the whole mail address.
    </p>
    ${table(
      'Mail servers, the best first',
      ['For', 'Server', 'Port', 'Encryption'],
      [...rows('reading (POP3)', setup.incoming), ...rows('sending (SMTP)', setup.outgoing)],
    )}
    <h3>iPhone, iPad and Mac</h3>
    <form action="${APPLE_PROFILE_PATH}" method="get">
      <label for="setup-address">Mail address</label>
      <input
        id="setup-address"
        name="emailaddress"
        type="email"
        required
        maxlength="254"
        pattern="${addressPattern(setup.domains)}"
        title="An address under ${setup.domains.join(' or ')}"
        autocomplete="email"
        aria-describedby="setup-hint"
      />
      <button type="submit">Download the profile</button>
      <p id="setup-hint" class="reason">Such as name@${domain}. The device asks for the password.</p>
    </form>
    ${trustPart(setup)}
  </section>`;
}
