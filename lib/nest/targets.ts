import { processWritePath } from '../engine/write-path.js';
import { InvalidationSet } from '../tags/invalidation-set.js';
import type { Invalidation, Tag } from '../tags/tag.js';
import { parseUserTag, userTag } from '../tags/user-tag.js';
import type { EntityDirectory, EntityName, EntityReference } from '../typeorm/entities/entity-directory.js';

/**
 * What can be invalidated: a tag (`'reports:daily'`, `'Product'`, `'Product:42'`), an entity class or schema, one row of
 * it as `[Product, 42]` or `[Product, { a, b }]`, or an instance of an entity, which is its row.
 */
export type InvalidationTarget = string | EntityName | readonly [EntityName, unknown] | object;

/** What tags and invalidation targets of one application stand for. */
export class Targets {
  constructor(
    private readonly prefix: string,
    private readonly entities: EntityDirectory,
  ) {}

  /**
   * The tags that these spellings name: a user's own, and the table or row of an entity that is called so.
   *
   * @throws ZooCacheError `INVALID_TAG`
   */
  dependenciesOf(spellings: Iterable<string>): Tag[] {
    const tags: Tag[] = [];
    for (const spelling of spellings) {
      const segments = parseUserTag(spelling);
      tags.push(userTag(this.prefix, segments), ...this.entities.dependenciesNamed(segments));
    }
    return tags;
  }

  /**
   * The tags that an answer depends on which was made from these: an entity's whole table, a row, or what a tag names.
   *
   * @throws ZooCacheError `INVALID_TAG` or `UNKNOWN_ENTITY`
   */
  dependenciesOn(targets: readonly unknown[]): Tag[] {
    return targets.flatMap((target) =>
      isReference(target) ? this.entities.resolveDependency(target) : this.dependenciesOf([target as string]),
    );
  }

  /**
   * Invalidates all of them, when the transaction around the caller commits, or at once outside of any.
   *
   * Every target is looked at before anything is done, so a wrong one leaves nothing half-done. Resolves when every
   * process that asks from then on hears of it.
   *
   * @throws ZooCacheError (rejects) `INVALID_TAG` or `UNKNOWN_ENTITY`
   */
  async invalidate(targets: readonly unknown[]): Promise<void> {
    await processWritePath.invalidateAfterCommit(this.invalidationOf(targets));
  }

  /**
   * What the targets stand for.
   *
   * @throws ZooCacheError `INVALID_TAG` or `UNKNOWN_ENTITY`
   */
  invalidationOf(targets: readonly unknown[]): Invalidation {
    const all = new InvalidationSet();
    for (const target of targets) {
      if (isReference(target)) {
        all.add(this.entities.resolveTarget(target));
        continue;
      }
      const segments = parseUserTag(target);
      all.sweep(userTag(this.prefix, segments)).add(this.entities.invalidationNamed(segments));
    }
    return all;
  }
}

/** Whether the target names an entity by itself, and not by a text. */
export function isReference(target: unknown): target is EntityReference {
  return typeof target === 'function' || (typeof target === 'object' && target !== null);
}
