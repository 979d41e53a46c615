import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '../../src/port/log.ts';
import { type ControlClient, eventCutter } from '../../src/web/control-client.ts';
import { LiveFeed } from '../../src/web/live-feed.ts';
import { ownersSite } from '../../src/web/site.ts';
import { FakeBox } from '../fake/fake-box.ts';
import { fakeControl } from '../fake/fake-control.ts';

const ignore = (): void => undefined;
const log: Log = { debug: ignore, info: ignore, notice: ignore, warn: ignore, error: ignore, fatal: ignore };

function siteOf(client: ControlClient): ReturnType<typeof ownersSite> {
  return ownersSite({
    hostNames: () => ['admin.office.example:8080', 'admin.office.example'],
    client,
    feed: new LiveFeed(client, log),
    script: '',
    style: '',
  });
}

const asked = (host: string): RequestInit => ({ headers: { host } });

test('the page shows lease, address and health without JavaScript, and escapes what devices call themselves', async () => {
  const response = await siteOf(fakeControl(new FakeBox())).request('/', asked('192.168.77.1:8080'));
  const text = await response.text();
  assert.equal(response.status, 200);
  for (const fact of ['203.0.113.50/24', '192.168.77.12', 'no answer', 'alice'])
    assert.ok(text.includes(fact), fact);
  assert.ok(text.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
  assert.ok(!text.includes('<script>alert'));
});

test('the page shows where mail waits to go and why, and no address of anybody: it is for the whole office', async () => {
  const response = await siteOf(fakeControl(new FakeBox())).request('/', asked('192.168.77.1:8080'));
  const text = await response.text();
  for (const fact of ['Where mail waits to go', 'elsewhere.example', '2, 1 of them held', 'no answer'])
    assert.ok(text.includes(fact), fact);
  assert.doesNotMatch(text, /(?:alice|ann|bob)@/);
});

test('the page answers its own names and addresses only, so that another site cannot rebind a name to it', async () => {
  const site = siteOf(fakeControl(new FakeBox()));
  assert.equal((await site.request('/', asked('admin.office.example:8080'))).status, 200);
  assert.equal((await site.request('/', asked('evil.example:8080'))).status, 421);
});

test('the page tells mail programs their settings, by their names for it too: it may be on port 80', async () => {
  const site = siteOf(fakeControl(new FakeBox()));
  const path = '/mail/config-v1.1.xml';
  assert.equal((await site.request(path, asked('autoconfig.office.example'))).status, 200);
  assert.equal((await site.request(path, asked('evil.example'))).status, 404);
  assert.equal((await site.request('/', asked('autoconfig.office.example'))).status, 421);
});

test('the page runs no foreign script and no frame: its content security policy names only itself', async () => {
  const { headers } = await siteOf(fakeControl(new FakeBox())).request('/', asked('192.168.77.1'));
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*script-src 'self'/);
  assert.equal(headers.get('x-frame-options'), 'DENY');
});

test('while the control API is away the page says so with status 503', async () => {
  const away: ControlClient = {
    get: () => Promise.reject(new Error('gone')),
    follow: () => Promise.reject(new Error('gone')),
  };
  const response = await siteOf(away).request('/', asked('192.168.77.1'));
  assert.equal(response.status, 503);
  assert.ok((await response.text()).includes('The box is starting'));
});

test('eventCutter() finds status events however the stream is cut', () => {
  const stream =
    ': hello\n\nevent: status\ndata: {"a":1}\n\nevent: other\ndata: x\n\nevent: status\ndata: {"a":2}\n\n';
  for (let cut = 0; cut <= stream.length; cut++) {
    const seen: string[] = [];
    const push = eventCutter((json) => seen.push(json));
    push(stream.slice(0, cut));
    push(stream.slice(cut));
    assert.deepEqual(seen, ['{"a":1}', '{"a":2}']);
  }
});

test('LiveFeed follows the control API only while a page is open', async () => {
  const box = new FakeBox();
  let following = 0;
  const control = fakeControl(box);
  const client: ControlClient = {
    get: (path) => control.get(path),
    follow: async (onStatus, signal) => {
      following++;
      await control.follow(onStatus, signal).finally(() => following--);
    },
  };
  const feed = new LiveFeed(client, log);
  assert.equal(following, 0);
  const leave = [feed.subscribe(ignore), feed.subscribe(ignore)];
  assert.equal(following, 1);
  for (const stop of leave) stop();
  await new Promise(setImmediate);
  assert.equal(following, 0);
});

test('who opens a page is told how things are at once, and again only when that is something else', async () => {
  const box = new FakeBox();
  const feed = new LiveFeed(fakeControl(box), log);
  const told: (string | null)[] = [];
  const open = (): Promise<() => void> =>
    new Promise((resolve) => {
      const stop = feed.subscribe((main) => {
        told.push(main);
        resolve(stop);
      });
    });
  const stops = [await open(), await open()];
  for (let turn = 0; turn < 5; turn++) {
    box.change();
    await new Promise(setImmediate);
  }
  assert.equal(told.length, 2);
  assert.equal(told[0], told[1]);
  for (const stop of stops) stop();
});

test('an open page is told when nobody knows how things are, and again how they are, although they are as before', async () => {
  const box = new FakeBox();
  const control = fakeControl(box);
  let loseControl = ignore;
  const client: ControlClient = {
    get: (path) => control.get(path),
    follow: (onStatus, signal) => {
      const lost = new Promise<never>((_, reject) => {
        loseControl = () => reject(new Error('gone'));
      });
      return Promise.race([control.follow(onStatus, signal), lost]);
    },
  };
  const response = await siteOf(client).request('/events', asked('192.168.77.1'));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const nextEvent = async (): Promise<string | undefined> =>
    /^event: (\w+)$/m.exec((await reader?.read())?.value ?? '')?.[1];
  assert.equal(await nextEvent(), 'main');
  loseControl();
  assert.equal(await nextEvent(), 'lost');
  assert.equal(await nextEvent(), 'main');
  await reader?.cancel();
  loseControl();
});
