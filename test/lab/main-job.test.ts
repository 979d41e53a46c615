import { after, before, test } from 'node:test';
import { Box } from './box.ts';
import { mainJob } from './main-job.ts';
import { Office } from './office.ts';

let office: Office;
let box: Box;

before(async () => {
  office = await Office.create();
  box = await Box.start(office.box);
});

after(() => office.remove());

test('Gatepost does its main job between a LAN and the world', async (t) => {
  for (const { name, work } of mainJob(office, box))
    await t.test(name, async (step) => {
      step.diagnostic(await work());
    });
});
