import process from 'node:process';
import { createInterface } from 'node:readline';
import { fromHex, toHex } from '../../src/base/hex.ts';
import {
  MessageReceiver,
  PollSet,
  bindSocket,
  pollFiles,
  sendTo,
  setSocketOption,
} from '../../src/io/linux/ffi.ts';
import { type FrameSocket, openFrameSocket } from './frame-socket.ts';
import { isArpReply } from './packet-frame.ts';

/*
 * A program that holds the far ends of cables: `packet-station.ts DEVICE...`. A line on standard input is a batch of
 * frames to send, `{ "frames": [["w0", "hex"], ...], "barriers": [["w0", "hex"], ...] }`; the answer is a line with all
 * frames that came in until every barrier, an ARP request, was answered. The kernel takes the frames that one processor
 * sends in their order, so what is not there before the answer does not come.
 */

const ETH_P_ALL = 3;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_IGNORE_OUTGOING = 23;
const PATIENCE_MS = 10_000;

type FrameOf = readonly [device: string, frame: string];
interface Batch {
  readonly frames: readonly FrameOf[];
  readonly barriers: readonly FrameOf[];
}

interface Wire extends FrameSocket {
  readonly device: string;
}

function openWire(device: string): Wire {
  const { socket, address } = openFrameSocket(device, ETH_P_ALL);
  const on = Uint8Array.of(1, 0, 0, 0);
  setSocketOption(socket, { level: SOL_PACKET, name: PACKET_IGNORE_OUTGOING }, on);
  const room = new Uint8Array(Uint32Array.of(8 << 20).buffer);
  setSocketOption(socket, { level: SOL_SOCKET, name: SO_RCVBUFFORCE }, room);
  bindSocket(socket, address);
  return { device, socket, address };
}

const wires = process.argv.slice(2).map(openWire);
const receiver = new MessageReceiver(2048);
const poll = new PollSet(wires.map(({ socket }) => socket));

function sendAll(frames: readonly FrameOf[]): void {
  for (const [device, frame] of frames) {
    const wire = wires.find((one) => one.device === device);
    if (wire === undefined || !sendTo(wire.socket, fromHex(frame), wire.address))
      throw new Error(`Cannot send a frame on ${device}`);
  }
}

/** Everything that is there now; whether the answer to a barrier was among it. */
function receiveNow({ device, socket }: Wire, seen: FrameOf[]): boolean {
  let isAnswered = false;
  for (let message = receiver.receive(socket); message; message = receiver.receive(socket)) {
    if (isArpReply(message.data)) isAnswered = true;
    else seen.push([device, toHex(message.data)]);
  }
  return isAnswered;
}

function receiveUntilAnswered(barriers: number): FrameOf[] {
  const seen: FrameOf[] = [];
  const answered = new Set<string>();
  const deadline = Date.now() + PATIENCE_MS;
  while (answered.size < barriers) {
    if (Date.now() > deadline) throw new Error('Cannot wait any longer for the answer to a barrier');
    pollFiles(poll, 1000);
    for (const wire of wires) if (receiveNow(wire, seen)) answered.add(wire.device);
  }
  return seen;
}

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { frames, barriers } = JSON.parse(line) as Batch;
  sendAll(frames);
  sendAll(barriers);
  process.stdout.write(`${JSON.stringify(receiveUntilAnswered(barriers.length))}\n`);
}
