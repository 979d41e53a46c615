import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { getRequestListener } from '@hono/node-server';
import { transform } from 'esbuild';
import { type Browser, type Page, chromium } from 'playwright-core';
import type { Log } from '../../src/port/log.ts';
import type { HealthNode } from '../../src/port/health-report.ts';
import type { MailQueueView } from '../../src/port/mail-queue-view.ts';
import { LiveFeed } from '../../src/web/live-feed.ts';
import { ownersSite } from '../../src/web/site.ts';
import { FakeBox, HEALTH, LEASES, MAIL_QUEUE, STATUS } from '../fake/fake-box.ts';
import { fakeControl } from '../fake/fake-control.ts';

// The page in Debian's Chromium on loopback: what a person with a phone, a keyboard or a screen reader gets.

const ignore = (): void => undefined;
const log: Log = { debug: ignore, info: ignore, notice: ignore, warn: ignore, error: ignore, fatal: ignore };
const source = join(import.meta.dirname, '../../src/web');
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

class ChangingBox extends FakeBox {
  mailboxes = STATUS.mailboxes;
  destinations = MAIL_QUEUE.destinations;
  report = HEALTH;
  devices = LEASES;
  override health(): Promise<typeof HEALTH> {
    return Promise.resolve(this.report);
  }
  override leases(): typeof LEASES {
    return this.devices;
  }
  override mailQueue(): Promise<MailQueueView> {
    return Promise.resolve({ ...MAIL_QUEUE, destinations: this.destinations, entries: [] });
  }
  override status(): Promise<typeof STATUS> {
    return Promise.resolve({ ...STATUS, mailboxes: this.mailboxes });
  }
}

const box = new ChangingBox();
const client = fakeControl(box);
const feed = new LiveFeed(client, log);
const server = createServer();
let browser: Browser;
let address = '';

before(async () => {
  const { code } = await transform(readFileSync(join(source, 'client/live.ts'), 'utf8'), { loader: 'ts' });
  const style = readFileSync(join(source, 'views/style.css'), 'utf8');
  const site = ownersSite({ hostNames: () => [], client, feed, script: code, style });
  const listener = getRequestListener(site.fetch);
  server.on('request', (request, response) => void listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});

after(async () => {
  await browser.close();
  server.close();
  server.closeAllConnections();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the page has no accessibility violations that axe can find (WCAG 2.2 AA, ${colorScheme})`, async () => {
    const context = await browser.newContext({ colorScheme, bypassCSP: true });
    const page = await context.newPage();
    await page.goto(address);
    await page.addScriptTag({ path: axe });
    await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
    const violations = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
    });
    assert.deepEqual(violations, []);
    await context.close();
  });
}

test('what somebody types for setting up a mail program outlives the changes of an open page', async () => {
  const page = await browser.newPage();
  await page.goto(address);
  await page.getByText('Live', { exact: true }).waitFor();
  const field = page.getByRole('textbox', { name: 'Mail address' });
  await field.fill('alice@office.example');
  box.mailboxes = [{ user: 'alice', messages: 5, octets: 12_288, quota: null }];
  box.change();
  await page.getByRole('cell', { name: '12.0 KiB' }).waitFor();
  assert.equal(await field.inputValue(), 'alice@office.example');
  await page.close();
});

test('the profile for an Apple device is got with the keyboard alone', async () => {
  const page = await browser.newPage();
  await page.goto(address);
  await page.getByRole('textbox', { name: 'Mail address' }).focus();
  await page.keyboard.type('alice@office.example');
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  assert.equal(download.suggestedFilename(), 'mail.mobileconfig');
  await page.close();
});

test('an address whose mail is not here is refused at its field, and stays in it', async () => {
  const page = await browser.newPage();
  await page.goto(address);
  const field = page.getByRole('textbox', { name: 'Mail address' });
  await field.fill('alice@elsewhere.example');
  await page.keyboard.press('Enter');
  assert.equal(
    await page.evaluate('document.querySelector("#setup-address").validity.patternMismatch'),
    true,
  );
  assert.match((await field.getAttribute('title')) ?? '', /^An address under office\.example/);
  assert.equal(page.url(), address);
  assert.equal(await field.inputValue(), 'alice@elsewhere.example');
  await field.fill('Alice@Office.Example');
  assert.equal(await page.evaluate('document.querySelector("form").checkValidity()'), true);
  await page.close();
});

for (const [size, fontSize] of [
  ['usual', '100%'],
  ['doubled', '200%'],
] as const) {
  test(`a phone of 360 pixels shows the whole page without scrolling sideways, letters of ${size} size`, async () => {
    box.mailboxes = [
      { user: 'maximiliane.mustermann-schneider', messages: 1203, octets: 1e9, quota: 2 ** 31 },
    ];
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    await page.goto(address);
    await page.evaluate(`document.documentElement.style.fontSize = '${fontSize}'`);
    const hidden = await page.evaluate(
      `[document.documentElement, ...document.querySelectorAll('.scroll')]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map((element) => element.getAttribute('aria-label'))`,
    );
    assert.deepEqual(hidden, []);
    const region = page.getByRole('group', { name: 'Mailboxes' });
    assert.ok(await region.getByRole('cell', { name: '953.7 MiB of 2.0 GiB' }).isVisible());
    assert.ok(await page.getByText('2, 1 of them held, the oldest since 2026-11-22 09:00 UTC').isVisible());
    await page.close();
  });
}

test('a phone tells a screen reader of rows, cells and headings as a wide screen does', async () => {
  const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
  await page.goto(address);
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  const names = (role: string): readonly unknown[] =>
    nodes.filter((node) => node.role?.value === role).map((node) => node.name?.value);
  assert.ok(names('table').includes('Mailboxes'));
  for (const heading of ['User', 'Messages', 'Size']) assert.ok(names('columnheader').includes(heading));
  assert.ok(names('cell').includes('953.7 MiB of 2.0 GiB'));
  await page.close();
});

test('a change leaves alone what it does not concern: where a table is scrolled to, the focus, what was announced', async () => {
  const page = await browser.newPage({ viewport: { width: 700, height: 740 } });
  await page.goto(address);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByText('What the firewall does', { exact: true }).click();
  const region = page.getByRole('group', { name: 'Rules' });
  await region.focus();
  await page.evaluate(`document.styleSheets[0].insertRule('.scroll { width: 10rem }')`);
  await page.evaluate(`Object.assign(globalThis, {
    verdict: document.querySelector('.verdict'),
    rules: Object.assign(document.activeElement, { scrollLeft: 40 }),
  })`);
  const scrolled = await region.evaluate(({ scrollLeft }) => scrollLeft);
  assert.ok(scrolled > 0);
  box.mailboxes = [{ user: 'alice', messages: 7, octets: 7168, quota: null }];
  box.change();
  await page.getByRole('cell', { name: '7.0 KiB' }).waitFor();
  assert.equal(await region.evaluate(({ scrollLeft }) => scrollLeft), scrolled);
  assert.ok(await page.evaluate('document.activeElement === rules && document.contains(verdict)'));
  await page.close();
});

test('a page that has lost the box says so wherever it is scrolled to, and takes it back', async () => {
  const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
  await page.goto(address);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.route('**/events', (route) => route.abort());
  server.closeAllConnections();
  const said = page.getByText('Connection lost: trying again. What is shown may be old');
  await said.waitFor();
  const bottom = await said.evaluate((element) => element.getBoundingClientRect().bottom);
  assert.ok(bottom > 0 && bottom <= 740);
  await page.unroute('**/events');
  await page.getByText('Live', { exact: true }).waitFor();
  await page.close();
});

test('an open page shows a new message without a reload', async () => {
  const page = await browser.newPage();
  await page.goto(address);
  await page.getByText('Live', { exact: true }).waitFor();
  box.mailboxes = [{ user: 'alice', messages: 4, octets: 8192, quota: null }];
  box.change();
  await page.getByRole('cell', { name: '8.0 KiB' }).waitFor();
  await page.close();
});

/** As if the tab were behind another one, or in front again. */
async function setHidden(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate(
    `Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
  );
}

async function untilListeners(count: number): Promise<void> {
  while (feed.listeners !== count) await new Promise(setImmediate);
}

test('a page in a hidden tab asks for nothing, and shows how things are when it is seen again', async () => {
  await untilListeners(0);
  const pages = [await browser.newPage(), await browser.newPage()] as const;
  for (const page of pages) {
    await page.goto(address);
    await page.getByText('Live', { exact: true }).waitFor();
  }
  await setHidden(pages[1], true);
  await untilListeners(1);
  box.mailboxes = [{ user: 'alice', messages: 6, octets: 16_384, quota: null }];
  box.change();
  await pages[0].getByRole('cell', { name: '16.0 KiB' }).waitFor();
  assert.equal(await pages[1].getByRole('cell', { name: '16.0 KiB' }).count(), 0);
  await setHidden(pages[1], false);
  await pages[1].getByRole('cell', { name: '16.0 KiB' }).waitFor();
  for (const page of pages) await setHidden(page, true);
  await untilListeners(0);
  box.mailboxes = [{ user: 'alice', messages: 7, octets: 20_480, quota: null }];
  await setHidden(pages[0], false);
  await pages[0].getByRole('cell', { name: '20.0 KiB' }).waitFor();
  for (const page of pages) await page.close();
});

test('the page names the domains for which mail has waited for longest, and says how many more there are', async () => {
  const [sample] = MAIL_QUEUE.destinations;
  assert.ok(sample !== undefined);
  box.destinations = Array.from({ length: 45 }, (_, n) => ({
    ...sample,
    destination: `domain-${n}.example`,
    oldest: new Date(Date.UTC(2026, 10, 22, 9, 59 - n)).toISOString(),
  }));
  const page = await browser.newPage();
  await page.goto(address);
  const region = page.getByRole('group', { name: 'Where mail waits to go' });
  const shown = await region.getByRole('rowheader').allTextContents();
  assert.deepEqual([shown.length, shown[0], shown.at(-1)], [20, 'domain-44.example', 'domain-25.example']);
  assert.ok(
    await page.getByText('Mail waits for 25 more domains: gatepost mail queue shows all').isVisible(),
  );
  await region.focus();
  box.destinations = MAIL_QUEUE.destinations;
  box.change();
  await page.getByRole('rowheader', { name: 'elsewhere.example' }).waitFor();
  const focused = await page.evaluate('document.activeElement.getAttribute("aria-label")');
  assert.equal(focused, 'Where mail waits to go');
  await page.close();
});

test('the page is whole without JavaScript', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(address);
  assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'gatepost.office.example');
  assert.ok(await page.getByRole('definition').filter({ hasText: '203.0.113.50/24' }).isVisible());
  await context.close();
});

const LINK: HealthNode = {
  name: 'link',
  state: 'failed',
  reason: 'The device wan0 has no carrier',
  children: [],
};

/** As the box reports it: a group of checks is as bad as the worst of them. */
function reportWith(wan: HealthNode): typeof HEALTH {
  const { state, reason } = wan;
  const well = { state: 'ok', reason: 'All is well', children: [] } as const;
  const others = ['lan', 'services'].map((name) => ({ name, ...well }));
  const group = { name: 'wan', state, reason, children: [wan] };
  return {
    ok: state === 'ok',
    firstError: null,
    tree: { name: 'box', state, reason, children: [group, ...others] },
  };
}

test('the page says first whether all works, along the way from the Internet to the office, and what is wrong with what to do', async () => {
  box.report = reportWith(LINK);
  const page = await browser.newPage();
  await page.goto(address);
  await page.getByText('Live', { exact: true }).waitFor();
  const verdict = page.locator('.verdict');
  assert.equal(await verdict.textContent(), '1 thing does not work');
  const tiles = page.getByRole('list', { name: 'Overview' }).getByRole('listitem');
  const said = async (): Promise<readonly string[]> =>
    (await tiles.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '));
  assert.deepEqual((await said()).slice(0, 3), [
    'Internet failed see below',
    'This box works running for 1 d 2 h',
    'Office network works 1 device',
  ]);
  const wrong = page.getByRole('region', { name: 'What is wrong' });
  assert.match(
    await wrong.innerText(),
    /failed Internet The device wan0 has no carrier Is the modem on, and its cable/,
  );
  await page.getByText('Names', { exact: true }).click();
  box.report = reportWith({ ...LINK, state: 'ok' });
  box.change();
  await page.getByText('Everything works', { exact: true }).waitFor();
  assert.deepEqual([await wrong.count(), (await said())[0]], [0, 'Internet works 203.0.113.50/24']);
  assert.ok(await page.getByRole('group', { name: 'Names the box answers for' }).isVisible());
  box.report = reportWith({ ...LINK, state: 'warning' });
  box.change();
  await page.getByText('Everything works; 1 thing needs attention', { exact: true }).waitFor();
  box.report = HEALTH;
  await page.close();
});

test('the page shows a hostile name as letters: no markup, no control character, no turned writing direction', async () => {
  const [lease] = LEASES;
  assert.ok(lease !== undefined);
  box.devices = [{ ...lease, name: '<img src=x onerror=alert(1)>\u202egpj.exe\u0007' }];
  const page = await browser.newPage();
  await page.goto(address);
  const cells = await page.getByRole('group', { name: 'Leases' }).getByRole('cell').allTextContents();
  assert.equal(cells[0], '<img src=x onerror=alert(1)>\\u202egpj.exe\\x07');
  assert.equal(await page.locator('img').count(), 0);
  await page.close();
});

test('a list of hundreds of devices is folded, with their number, and opened by the keyboard', async () => {
  const [lease] = LEASES;
  assert.ok(lease !== undefined);
  box.devices = Array.from({ length: 500 }, (_, n) => ({ ...lease, name: `device-${n}` }));
  const page = await browser.newPage();
  await page.goto(address);
  const region = page.getByRole('group', { name: 'Leases' });
  assert.equal(await region.isVisible(), false);
  await page.getByText('All 500 addresses', { exact: true }).focus();
  await page.keyboard.press('Enter');
  await region.waitFor();
  assert.equal(await region.getByRole('rowheader').count(), 500);
  box.devices = LEASES;
  await page.close();
});
