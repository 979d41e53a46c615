import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPerfdhcpReport } from './perfdhcp-report.ts';

test('readPerfdhcpReport() counts the ACKs and takes the time to the last of them, in whatever order they are', () => {
  const report = [
    '***Rate statistics***',
    'Rate: 0.02 4-way exchanges/second, expected rate: 2000',
    '***Timestamps for packets: DISCOVER-OFFER***',
    'sent / received: 000000.000100 / 000230',
    '***Timestamps for packets: REQUEST-ACK***',
    'sent / received: 000000.001000 / 000001.500000',
    'sent / received: 000059.000000 / 000102.250000',
    'sent / received: 000003.000000 / 000004',
    '',
  ];
  assert.deepEqual(readPerfdhcpReport(report.join('\n')), { completed: 3, seconds: 62.25 });
});

test('readPerfdhcpReport() finds no exchange in a report without any', () => {
  const report = '***Timestamps for packets: REQUEST-ACK***\nUnavailable! No packets received.\n';
  assert.deepEqual(readPerfdhcpReport(report), { completed: 0, seconds: 0 });
});
