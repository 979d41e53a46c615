// Loaded into the box before its program (node --import FILE?step=MILLISECONDS): SIGUSR2 puts both clocks of the process
// forward by the step, so that a day of renewals takes seconds and leases age as they would in a day.
import process from 'node:process';

const step = Number(new URL(import.meta.url).searchParams.get('step'));
const monotonic = performance.now.bind(performance);
const civil = Date.now.bind(Date);
let ahead = 0;

performance.now = () => monotonic() + ahead;
Date.now = () => civil() + ahead;
process.on('SIGUSR2', () => {
  ahead += step;
});
