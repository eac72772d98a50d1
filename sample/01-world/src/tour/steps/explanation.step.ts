import { ZURICH } from '../places.js';
import type { Step } from '../step.js';

export const explanation: Step = {
  title: 'Why was this a miss?',
  why: 'The cache tells what an answer depends on, and when it has fallen, which write did it.',

  async walk({ cities, citiesEditor, cache }, guide) {
    await cities.largestOf('CH', 3);
    const before = await cache.explain(cities, 'largestOf', 'CH', 3);
    await citiesEditor.setPopulation(ZURICH, 470_000);
    const after = await cache.explain(cities, 'largestOf', 'CH', 3);

    guide.say(guide.paint('dim', "cache.explain(cities, 'largestOf', 'CH', 3), before Zürich grows and after"));
    guide.say(before.summary);
    guide.say(after.summary);
    guide.claim(
      'The answer depended on the row of Zürich.',
      before.isCached && before.dependencies.includes(`City:${ZURICH}`),
      () => `it is "${before.summary}"`,
    );
    const write = after.isCached ? undefined : after.by?.tables.find(({ table }) => table === 'City');
    guide.claim(
      'The write that made it fall is named: its row and its column.',
      write?.kind === 'update' && write.rows.includes(String(ZURICH)) && write.columns.includes('population'),
      () => `it says "${after.summary}"`,
    );
  },
};
