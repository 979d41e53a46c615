import { html } from 'hono/html';
import type { ClientSetup } from '../../base/client-setup.ts';
import { clientSetupSection } from './client-setup-section.ts';
import { type Snapshot, sections } from './sections.ts';
import type { Html } from './table.ts';

/** The owner's page. It is whole without JavaScript; with it, `#live` follows the box; what people type in stands outside. */
export function page(snapshot: Snapshot, setup: ClientSetup): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${snapshot.status.name}: Gatepost</title>
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="data:," />
        <script type="module" src="/live.js"></script>
      </head>
      <body>
        <main>
          <div id="live">${sections(snapshot)}</div>
          ${clientSetupSection(setup)}
        </main>
        <footer><p id="connection" role="status">Shown as of loading</p></footer>
      </body>
    </html>`;
}

/** Shown while the `net` role is restarting: the page is up, its source is not. */
export function waitingPage(reason: string): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="refresh" content="3" />
        <title>Gatepost</title>
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <main>
          <h1>The box is starting</h1>
          <p role="status">The page comes by itself as soon as the box answers, most often within seconds.</p>
          <p class="reason">${reason}</p>
        </main>
      </body>
    </html>`;
}
