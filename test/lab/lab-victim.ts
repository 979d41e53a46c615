// Makes a small lab and then ends as its argument says; lab.test.ts looks at what is left.
//   node lab-victim.ts wait | throw | reject
import process from 'node:process';
import { Lab } from './lab.ts';

const PARENT_CHECK_INTERVAL = 200;

const lab = new Lab();
const host = await lab.namespace('host');
const program = host.start('sleeper', ['sleep', '600']);
console.log(`made ${lab.directory} ${host.kernelName} ${program.pid}`);

const manner = process.argv[2];
if (manner === 'throw') setImmediate(() => JSON.parse('{'));
else if (manner === 'reject') await Promise.reject(new Error('on purpose'));
else {
  // It must not outlive a test that was itself killed.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(1), PARENT_CHECK_INTERVAL);
}
