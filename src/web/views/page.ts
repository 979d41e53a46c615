import { html } from 'hono/html';
import { type Snapshot, sections } from './sections.ts';
import type { Html } from './table.ts';

/** The owner's page. It is whole without JavaScript; with it, `<main>` follows the box live. */
export function page(snapshot: Snapshot): Html {
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
        <main id="live">${sections(snapshot)}</main>
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
      </head>
      <body>
        <main>
          <h1>The box is starting</h1>
          <p role="status">${reason}</p>
        </main>
      </body>
    </html>`;
}
