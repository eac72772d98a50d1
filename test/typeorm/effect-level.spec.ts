import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { InvalidationSet } from '../../lib/tags/invalidation-set.js';
import { databaseTag, rowsTag, rowTag } from '../../lib/tags/table-tags.js';
import { NOTHING } from '../../lib/tags/tag.js';
import { EffectLevel } from '../../lib/typeorm/connections/effect-level.js';
import { Knowledge } from '../../lib/typeorm/databases/knowledge.js';

const databases = ['first', 'second'].map(databaseTag);
const product = { database: 'first', name: 'product' };

describe('what a transaction did', () => {
  it('is doubted by each of those that its writes were judged by, also on a savepoint that was released', () => {
    const [known, ...doubtful] = databases.map((sweep) => new Knowledge({ sweep: { touches: [], sweeps: [sweep] } }));
    known.confirm();
    const lower = new EffectLevel();
    lower.add(NOTHING, known);
    for (const knowledge of [known, ...doubtful]) {
      const upper = new EffectLevel('a');
      upper.add(NOTHING, knowledge);
      lower.merge(upper);
    }
    const swept = () => [...EffectLevel.everythingOn([lower], NOTHING).sweeps];
    expect(swept()).toEqual(databases.slice(1));
    known.refute();
    expect(swept().sort()).toEqual([...databases].sort());
  });

  describe('in many writes', () => {
    afterEach(() => void jest.restoreAllMocks());

    it('is compared so seldom that a long transaction does not get slower with every write', () => {
      const compared = jest.spyOn(InvalidationSet.prototype, 'add');
      const common = Array.from({ length: 19 }, (_, column) => rowTag(product, `common ${column}`));
      const level = new EffectLevel();
      const writes = 9_950;
      for (let id = 0; id < writes; id++) level.add({ touches: [...common, rowTag(product, `${id}`)], sweeps: [] });
      const tags = compared.mock.calls.reduce((sum, [{ touches }]) => sum + [...touches].length, 0);
      expect(tags).toBeGreaterThan(writes);
      expect(tags).toBeLessThan(3 * writes * 20);
    });

    it('names all rows of a table in the place of too many', () => {
      const level = new EffectLevel();
      for (let id = 0; id < 30_000; id++) level.add({ touches: [rowTag(product, `${id}`)], sweeps: [] });
      const { touches, sweeps } = EffectLevel.everythingOn([level], NOTHING);
      expect([...sweeps]).toEqual([rowsTag(product)]);
      expect([...touches].length).toBeLessThanOrEqual(15_000);
    });
  });
});
