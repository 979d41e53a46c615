// Keeps the open page current: the server sends what lives of it anew whenever the box has changed.

/** Before the server is asked again that has refused to keep the page live: what the browser does not do by itself. */
const RETRY = 15_000;

const main = document.querySelector('#live');
const connection = document.querySelector('#connection');

function say(text: string, isLost: boolean): void {
  if (connection !== null && connection.textContent !== text) connection.textContent = text;
  connection?.closest('footer')?.classList.toggle('lost', isLost);
}

function labelOf(node: Node | null): string | null {
  return node instanceof Element ? node.getAttribute('aria-label') : null;
}

function updateAttributes(shown: Element, next: Element): void {
  // Whether it is open is for its reader to say.
  const isKept = (name: string): boolean => next.hasAttribute(name) || name === 'open';
  for (const name of shown.getAttributeNames()) if (!isKept(name)) shown.removeAttribute(name);
  for (const { name, value } of next.attributes)
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
}

/** What has not changed stays the same node: how far a table is scrolled, what is marked or has the focus; and a screen reader speaks of nothing else. */
function update(shown: Node, next: Node): void {
  if (shown.nodeValue !== next.nodeValue) shown.nodeValue = next.nodeValue;
  if (shown instanceof Element && next instanceof Element) updateAttributes(shown, next);
  const children = [...next.childNodes];
  for (const [i, wanted] of children.entries()) {
    const there = shown.childNodes[i];
    if (there === undefined) shown.appendChild(wanted);
    else if (there.nodeName === wanted.nodeName && labelOf(there) === labelOf(wanted)) update(there, wanted);
    else shown.replaceChild(wanted, there);
  }
  while (shown.childNodes.length > children.length) shown.lastChild?.remove();
}

let received = '';

function show(content: string): void {
  if (main === null || content === received) return;
  received = content;
  const next = document.createElement('template');
  next.innerHTML = content;
  const label = main.contains(document.activeElement) ? labelOf(document.activeElement) : null;
  update(main, next.content);
  // A table that has moved is a new one.
  if (label !== null && !main.contains(document.activeElement))
    main.querySelector<HTMLElement>(`[aria-label="${CSS.escape(label)}"]`)?.focus({ preventScroll: true });
}

let source: EventSource | undefined;

function lose(): void {
  say('Connection lost: trying again. What is shown may be old', true);
  if (source?.readyState !== EventSource.CLOSED) return;
  source = undefined;
  setTimeout(follow, RETRY);
}

/** Followed while somebody can see it: a page left open in a hidden tab costs the box nothing. */
function follow(): void {
  if (document.hidden) {
    source?.close();
    source = undefined;
    return;
  }
  if (source !== undefined) return;
  source = new EventSource('/events');
  source.addEventListener('open', () => say('Live', false));
  source.addEventListener('error', lose);
  source.addEventListener('lost', () => say('The box is starting. What is shown may be old', true));
  source.addEventListener('main', (event: MessageEvent<string>) => {
    say('Live', false);
    show(event.data);
  });
}

document.addEventListener('visibilitychange', follow);
follow();
