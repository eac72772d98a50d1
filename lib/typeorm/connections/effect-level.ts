import { InvalidationSet } from '../../tags/invalidation-set.js';
import { JoinedInvalidation } from '../../tags/joined-invalidation.js';
import { NOTHING, sizeOf, type Invalidation } from '../../tags/tag.js';
import type { Knowledge } from '../databases/knowledge.js';

/** From here on a transaction no longer names its rows one by one. */
const MAX_TAGS = 10_000;

/** So many more are added before all are compared once more: close to the maximum, every write would compare all. */
const COMPARED_AFTER = MAX_TAGS / 2;

/**
 * What a transaction did since its start or since one of its savepoints.
 *
 * Every transaction makes a few of these, and most hold one or two writes: nothing is merged before it must be.
 */
export class EffectLevel {
  private effects: Invalidation[] | undefined;
  private knowledge: Knowledge[] | undefined;
  /** Those added since all were compared count as often as they are repeated. */
  private tags = 0;
  private comparedAt = MAX_TAGS;

  /** @param savepoint the name of the savepoint it starts at. */
  constructor(readonly savepoint?: string) {}

  add(effects: Invalidation, judgedBy?: Knowledge): void {
    this.addAll([effects]);
    if (judgedBy !== undefined) this.learn(judgedBy);
  }

  /** Takes over what `upper` did. */
  merge(upper: EffectLevel): void {
    if (upper.effects !== undefined) this.addAll(upper.effects);
    if (upper.knowledge !== undefined) for (const knowledge of upper.knowledge) this.learn(knowledge);
  }

  /** All that was done on these levels and with `also`, judged by what is known now. */
  static everythingOn(levels: readonly EffectLevel[], also: Invalidation): Invalidation {
    const effects: Invalidation[] = also === NOTHING ? [] : [also];
    for (const level of levels) {
      if (level.effects !== undefined) effects.push(...level.effects);
      if (level.knowledge === undefined) continue;
      for (const { doubt } of level.knowledge) if (doubt !== undefined) effects.push(doubt);
    }
    return effects.length > 1 ? new JoinedInvalidation(effects) : (effects[0] ?? NOTHING);
  }

  private addAll(added: readonly Invalidation[]): void {
    const effects = (this.effects ??= []);
    for (const one of added) {
      effects.push(one);
      this.tags += sizeOf(one);
    }
    if (this.tags > this.comparedAt) this.compact(effects);
  }

  private compact(effects: readonly Invalidation[]): void {
    const all = new InvalidationSet();
    for (const one of effects) all.add(one);
    if (all.size > MAX_TAGS) all.widenRows();
    this.effects = [all];
    this.tags = all.size;
    this.comparedAt = Math.max(MAX_TAGS, all.size + COMPARED_AFTER);
  }

  private learn(knowledge: Knowledge): void {
    if (this.knowledge === undefined) this.knowledge = [knowledge];
    else if (!this.knowledge.includes(knowledge)) this.knowledge.push(knowledge);
  }
}
