import type { Explanation } from 'nestjs-zoocache';
import { TEA } from '../../products.js';
import type { Step } from '../step.js';

export const explanation: Step = {
  title: 'Who did that?',
  why: 'A had the answer and then asked the database. It can tell why, though the write came from another process.',

  async walk({ a }, guide) {
    const { value } = await a.ask<Explanation>('GET', `/products/${TEA}/explanation`);
    const miss = value.isCached ? value.lastMiss : value;
    const write = miss?.by?.tables.find(({ table }) => table === 'Product');
    guide.say(guide.paint('dim', `cache.explain(products, 'byId', ${TEA}) on A`));
    guide.say(`now:             ${value.summary}`);
    guide.say(`the read before: ${miss?.summary}`);
    guide.claim(
      'A names the write that B did: its row and its column.',
      write?.kind === 'update' && write.rows.includes(String(TEA)) && write.columns.includes('price'),
      () => `it says "${miss?.summary}"`,
    );
  },
};
