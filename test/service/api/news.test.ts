import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Milliseconds } from '../../../src/base/duration.ts';
import { News } from '../../../src/service/api/news.ts';

test('News.next() is true once for all that was told before, and as soon as something is told', async () => {
  const news = new News();
  news.tell();
  news.tell();
  assert.equal(await news.next(Milliseconds(0)), true);
  const next = news.next(Hours(1));
  news.tell();
  assert.equal(await next, true);
  assert.equal(await news.next(Milliseconds(0)), false);
});
