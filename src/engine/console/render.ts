import { counted } from '../../base/counted.ts';
import type { HealthNode } from '../../port/health-report.ts';
import type { UpdateStatus } from '../../port/update-status.ts';
import { ACTION_TEXTS } from './actions.ts';
import { troublesOf } from './advice.ts';
import type { BoxFacts, ConsoleFacts } from './facts.ts';
import { plainText, wrapText } from './plain-text.ts';
import { type ConsoleState, type View, actionsOf } from './step.ts';

const LABEL_WIDTH = 11;
/** On a narrow screen text stands below its label. */
const NARROW = 60;

/** The whole screen: exactly as many lines as it has, none longer than it is wide, all of printable ASCII. */
export function renderConsole(state: ConsoleState): readonly string[] {
  const { columns, rows } = state.size;
  const keys = inRows(keysOf(state), columns);
  const head = headLines(state.facts, columns);
  const room = Math.max(0, rows - head.length - keys.length - 1);
  const body = bodyLines(state, columns, room);
  const shown = body.length > room ? [...body.slice(0, Math.max(0, room - 1)), '...'] : body;
  const filled = Array.from({ length: room }, (_, at) => shown[at] ?? '');
  const lines = [...head, ...filled, '', ...keys].map((line) => plainText(line).slice(0, columns));
  // On a screen that is too low for all, what is on top and the keys count.
  return lines.length <= rows ? lines : lines.slice(lines.length - rows);
}

function headLines({ box }: ConsoleFacts, columns: number): readonly string[] {
  const rule = '-'.repeat(columns);
  if (box === undefined) return ['Gatepost', rule];
  const { name, domain, version } = box.status;
  const title = `${name}.${domain}`;
  const made = `Gatepost ${version}`;
  const gap = columns - title.length - made.length;
  return gap >= 1 ? [`${title}${' '.repeat(gap)}${made}`, rule] : [title, made, rule];
}

function bodyLines({ view, facts }: ConsoleState, columns: number, room: number): readonly string[] {
  switch (view.kind) {
    case 'status':
      return facts.box === undefined ? silentLines(facts, columns) : statusLines(facts, facts.box, columns);
    case 'address':
      return addressLines(facts.box, columns);
    case 'log':
      return logLines(view, columns, room);
    case 'confirm':
      return confirmLines(view, columns);
    case 'message':
      return ['', ...wrapText(view.text, columns)];
    default:
      return view satisfies never;
  }
}

function silentLines({ hasAnswered, starting, bootData }: ConsoleFacts, columns: number): readonly string[] {
  const what =
    starting ??
    (hasAnswered
      ? 'The programs of the box do not answer. They are started again by themselves; if this stays for some minutes, switch the box off and on.'
      : 'The box is starting.');
  const data =
    bootData === undefined || bootData === 'ok' ? [] : labelled('Data', dataText(bootData), columns);
  return ['', ...wrapText(what, columns), '', ...data];
}

function statusLines({ bootData }: ConsoleFacts, box: BoxFacts, columns: number): readonly string[] {
  const { status, health } = box;
  const group = (name: string): HealthNode | undefined =>
    health.tree.children.find((one) => one.name === name);
  const row = (label: string, text: string): readonly string[] => labelled(label, text, columns);
  const isWanOff = status.wan.method === 'off';
  return [
    ...row('Page', pageOf(box)),
    ...(box.update === null ? [] : row('System', systemText(box.update))),
    ...row(
      'Internet',
      isWanOff ? 'not used: the box is a host of the office' : stateText(group('wan'), wanText(box)),
    ),
    ...row('Office', stateText(group('lan'), `${status.lan.address} on ${status.lan.device}`)),
    ...row('Mail', group('mail') === undefined ? 'off' : stateText(group('mail'), mailText(box))),
    ...row('Services', servicesText(group('services'), group('roles'))),
    ...(bootData === undefined || bootData === 'ok' ? [] : row('Data', dataText(bootData))),
    '',
    ...troubleLines(box, columns),
  ];
}

function labelled(label: string, text: string, columns: number): readonly string[] {
  if (columns < NARROW) return [`${label}:`, ...wrapText(text, columns - 2).map((line) => `  ${line}`)];
  const [first = '', ...others] = wrapText(text, columns - LABEL_WIDTH);
  return [label.padEnd(LABEL_WIDTH) + first, ...others.map((line) => ' '.repeat(LABEL_WIDTH) + line)];
}

function stateText(node: HealthNode | undefined, detail: string): string {
  switch (node?.state) {
    case 'ok':
      return `works: ${detail}`;
    case 'warning':
      return `works, with a warning: ${node.reason}`;
    case 'failed':
      return `DOES NOT WORK: ${node.reason}`;
    default:
      return 'is being looked at';
  }
}

function servicesText(services: HealthNode | undefined, roles: HealthNode | undefined): string {
  const failed = [roles, services].find((node) => node?.state === 'failed');
  return failed === undefined ? 'all run' : `DO NOT ALL RUN: ${failed.reason}`;
}

function wanText({ status: { wan } }: BoxFacts): string {
  return wan.address === null ? wan.device : `${wan.address} on ${wan.device}`;
}

function mailText({ status: { mailboxes, queue } }: BoxFacts): string {
  const waiting =
    queue === null || queue.messages === 0 ? '' : `, ${counted(queue.messages, 'message')} to be sent`;
  return counted(mailboxes.length, 'mailbox', 'mailboxes') + waiting;
}

function systemText({ version, slot, onTrial, problem, progress }: UpdateStatus): string {
  const running = `${version} from slot ${slot}`;
  if (progress !== undefined) {
    const percent = Math.floor((progress.done * 100) / progress.octets);
    return `${running}; an update is installed, ${progress.stage} ${percent} %: do not switch off`;
  }
  if (onTrial) return `${running}, on trial after an update: it stays if all works as before`;
  return problem === null ? running : `${running}. ${problem}`;
}

function dataText(found: string): string {
  if (found === 'repaired') return 'were repaired at the start';
  return found === 'grown'
    ? 'fill the whole card now'
    : found.toUpperCase().replace('BROKEN:', 'BROKEN: ').trim();
}

function pageOf({ status }: BoxFacts): string {
  const web = status.services.find(({ name }) => name === 'web');
  return web?.ok === true ? web.detail : 'is not there yet';
}

function troubleLines({ health }: BoxFacts, columns: number): readonly string[] {
  const troubles = troublesOf(health);
  if (troubles.length === 0) return ['All is well.'];
  return [
    'What is wrong, and what to do:',
    ...troubles.flatMap(({ where, reason, advice }) => [
      ...hanging('! ', `${where}: ${reason}`, columns),
      ...(advice === undefined ? [] : hanging('  > ', advice, columns)),
    ]),
  ];
}

function hanging(mark: string, text: string, columns: number): readonly string[] {
  const indent = ' '.repeat(mark.length);
  return wrapText(text, columns - mark.length).map((line, at) => (at === 0 ? mark : indent) + line);
}

function addressLines(box: BoxFacts | undefined, columns: number): readonly string[] {
  if (box === undefined) return ['', 'The box does not say yet.'];
  const { lan, name, domain } = box.status;
  return [
    "The owner's page, from a computer of the office network:",
    '',
    ...wrapText(pageOf(box), columns),
    ...wrapText(`http://admin.${domain}:8080`, columns),
    '',
    ...wrapText(`The box is ${name} with the address ${lan.address} on ${lan.device}.`, columns),
  ];
}

/** The last ones that there is room for. */
function logLines({ lines }: View & { kind: 'log' }, columns: number, room: number): readonly string[] {
  if (lines === undefined) return ['', 'The log is read ...'];
  const texts = lines.flatMap(({ time, level, source, text }) =>
    hanging('', `${time.slice(5, 19).replace('T', ' ')} ${level} ${source}: ${text}`, columns),
  );
  return texts.length === 0 ? ['', 'The log is empty.'] : texts.slice(-Math.max(1, room));
}

function confirmLines({ action, typed }: View & { kind: 'confirm' }, columns: number): readonly string[] {
  const { word, explanation } = ACTION_TEXTS[action];
  return [
    `Type "${word}" and press Enter, or Esc to leave: ${typed}_`,
    '',
    ...explanation.flatMap((line) => wrapText(line, columns)),
  ];
}

function keysOf({ view, facts }: ConsoleState): readonly string[] {
  if (view.kind === 'confirm') return ['Esc: back'];
  if (view.kind !== 'status') return ['Any key: back'];
  const actions = actionsOf(facts).map((action) => {
    const { key, label } = ACTION_TEXTS[action];
    return `${key.toUpperCase()}: ${label}`;
  });
  return ['A: address', 'L: log', ...actions];
}

/** As many as go into each line, none of them broken. */
function inRows(items: readonly string[], columns: number): readonly string[] {
  return items.reduce<readonly string[]>((rows, item) => {
    const longer = rows.length === 0 ? item : `${rows.at(-1)}  ${item}`;
    return longer.length > columns ? [...rows, item] : [...rows.slice(0, -1), longer];
  }, []);
}
