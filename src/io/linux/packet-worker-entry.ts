import { runPacketWorker } from './packet-worker.ts';

runPacketWorker();
