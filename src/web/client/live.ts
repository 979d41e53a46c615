// Keeps the open page current: the server sends what lives of it anew whenever the box has changed.

const main = document.querySelector('#live');
const connection = document.querySelector('#connection');

function say(text: string): void {
  if (connection !== null && connection.textContent !== text) connection.textContent = text;
}

/** Where the reader was, by the label of the focused region, so that replacing the content does not lose the place. */
function focusedLabel(): string | null {
  const { activeElement } = document;
  return activeElement !== null && main?.contains(activeElement)
    ? activeElement.getAttribute('aria-label')
    : null;
}

let shown = '';

function show(content: string): void {
  if (main === null || content === shown) return;
  shown = content;
  const label = focusedLabel();
  main.innerHTML = content;
  if (label !== null)
    main.querySelector<HTMLElement>(`[aria-label="${CSS.escape(label)}"]`)?.focus({ preventScroll: true });
}

let source: EventSource | undefined;

/** Followed while somebody can see it: a page left open in a hidden tab costs the box nothing. */
function follow(): void {
  if (document.hidden) {
    source?.close();
    source = undefined;
    return;
  }
  if (source !== undefined) return;
  source = new EventSource('/events');
  source.addEventListener('open', () => say('Live'));
  source.addEventListener('error', () => say('Connection lost: trying again'));
  source.addEventListener('main', (event: MessageEvent<string>) => {
    say('Live');
    show(event.data);
  });
}

document.addEventListener('visibilitychange', follow);
follow();
