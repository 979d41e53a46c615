import { openParentChannel } from '../../src/io/node/parent-channel.ts';

// A role as small as can be, for the test of the real process port: it echoes, reports on itself, prints, and ends when told to.
const channel = openParentChannel<unknown, { readonly kind: string; readonly value?: unknown }>({
  onMessage(message) {
    if (message.kind === 'echo') channel.send(message.value);
    if (message.kind === 'about') {
      channel.send({
        argv: process.argv.slice(2),
        env: Object.keys(process.env),
        execArgv: process.execArgv,
      });
    }
    if (message.kind === 'print') process.stdout.write('one\ntw', () => process.stderr.write('error\n'));
    if (message.kind === 'exit') process.exit(7);
    if (message.kind === 'stop') channel.close();
  },
  onGone: () => undefined,
});
channel.send('ready');
