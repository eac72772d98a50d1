import { InvalidationSet } from '../tags/invalidation-set.js';
import type { Invalidation } from '../tags/tag.js';
import type { Knowledge } from './knowledge.js';

/** From here on a transaction no longer names its rows one by one. */
const MAX_TAGS = 10_000;

/** What a transaction did since its start or since one of its savepoints. */
export class EffectLevel {
  private readonly effects = new InvalidationSet();
  private readonly knowledge = new Set<Knowledge>();

  /** @param savepoint the name of the savepoint it starts at. */
  constructor(readonly savepoint?: string) {}

  add(effects: Invalidation, judgedBy?: Knowledge): void {
    this.effects.add(effects);
    if (judgedBy !== undefined) this.knowledge.add(judgedBy);
    if (this.effects.size > MAX_TAGS) this.effects.widenRows();
  }

  /** Takes over what `upper` did. */
  merge(upper: EffectLevel): void {
    this.add(upper.effects);
    for (const knowledge of upper.knowledge) this.knowledge.add(knowledge);
  }

  /** Adds what was done to `into`, judged by what is known now. */
  addTo(into: InvalidationSet): void {
    into.add(this.effects);
    for (const { doubt } of this.knowledge) if (doubt !== undefined) into.sweep(doubt);
  }
}
