import { processWritePath } from '../engine/write-path.js';
import { InvalidationSet } from '../tags/invalidation-set.js';
import type { Tag } from '../tags/tag.js';
import { parseUserTag, userTag } from '../tags/user-tag.js';

/**
 * What can be invalidated: a tag (`'reports:daily'`, `'Product'`, `'Product:42'`), an entity class or schema, one row of
 * it as `[Product, 42]` or `[Product, { a, b }]`, or an entity.
 */
export type InvalidationTarget = string | Function | object | readonly [Function | object, unknown];

/** What tags and invalidation targets of one application stand for. */
export class Targets {
  constructor(private readonly prefix: string) {}

  /**
   * The tags that these spellings name.
   *
   * @throws ZooCacheError `INVALID_TAG`
   */
  dependenciesOf(spellings: Iterable<string>): Tag[] {
    const tags: Tag[] = [];
    for (const spelling of spellings) tags.push(userTag(this.prefix, parseUserTag(spelling)));
    return tags;
  }

  /**
   * Invalidates all of them, when the transaction around the caller commits, or at once outside of any.
   *
   * Every target is looked at before anything is done, so a wrong one leaves nothing half-done.
   */
  invalidate(targets: readonly unknown[]): void {
    const all = new InvalidationSet();
    for (const target of targets) all.sweep(userTag(this.prefix, parseUserTag(target)));
    processWritePath.invalidateAfterCommit(all);
  }
}
