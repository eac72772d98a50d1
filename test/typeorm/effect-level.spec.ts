import { describe, expect, it } from '@jest/globals';
import { databaseTag } from '../../lib/tags/table-tags.js';
import { NOTHING } from '../../lib/tags/tag.js';
import { EffectLevel } from '../../lib/typeorm/connections/effect-level.js';
import { Knowledge } from '../../lib/typeorm/databases/knowledge.js';

const databases = ['first', 'second'].map(databaseTag);

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
});
