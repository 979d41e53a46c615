// Asks four services over and over until each has answered, and prints when that was:  node service-prober.ts ADDRESS
// Times are of CLOCK_MONOTONIC, which every process of the machine shares; the caller knows when it started what.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

const RETRY_INTERVAL = 4;
// A firewall that drops, or a host that is not there yet, answers nothing: then ask anew.
const ATTEMPT_PATIENCE = 20;

const SERVICES = {
  dns: (address: string) => askName(address),
  smtp: (address: string) => greeting(address, 25, '', '220'),
  pop3: (address: string) => greeting(address, 110, '', '+OK'),
  web: (address: string) => greeting(address, 8080, 'GET / HTTP/1.0\r\nHost: admin\r\n\r\n', 'HTTP/1.1'),
} as const;

/** Question for the A record of admin.office.example, ID 1, recursion desired (RFC 1035 §4.1). */
const QUESTION = Buffer.from(
  '0001010000010000000000000561646d696e066f6666696365076578616d706c650000010001',
  'hex',
);

function askName(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answered);
    };
    const timer = setTimeout(() => end(false), ATTEMPT_PATIENCE);
    socket.on('message', () => end(true));
    socket.on('error', () => end(false));
    socket.connect(53, address, () => {
      socket.send(QUESTION);
    });
  });
}

function greeting(address: string, port: number, request: string, wanted: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    };
    // Once connected, the answer is on its way: asking anew would only load the server more.
    const timer = setTimeout(() => {
      if (socket.connecting) end(false);
    }, ATTEMPT_PATIENCE);
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (heard.length >= wanted.length) end(heard.startsWith(wanted));
    });
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    if (request !== '') socket.write(request);
  });
}

async function answered(ask: (address: string) => Promise<boolean>, address: string): Promise<string> {
  while (!(await ask(address))) await delay(RETRY_INTERVAL);
  return process.hrtime.bigint().toString();
}

const [address = ''] = process.argv.slice(2);
console.log('probing');
const times = await Promise.all(
  Object.entries(SERVICES).map(async ([name, ask]) => [name, await answered(ask, address)] as const),
);
console.log(`answered ${JSON.stringify(Object.fromEntries(times))}`);
