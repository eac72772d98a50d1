import { TreeRepository, type ObjectLiteral } from 'typeorm';
import { patch } from '../library/patch.js';

/**
 * Lets trees be asked of an answer that all who read it share. TypeORM grows the tree onto the very entity it is asked
 * about; where that one is frozen a copy of it grows, and is returned.
 */
export function hookTrees(): void {
  for (const name of ['findDescendantsTree', 'findAncestorsTree']) {
    patch(TreeRepository.prototype, name, (original) => {
      return function findTree(this: TreeRepository<ObjectLiteral>, entity: unknown, ...args: unknown[]): unknown {
        return original.call(this, growing(entity), ...args) as unknown;
      };
    });
  }
}

function growing(entity: unknown): unknown {
  if (typeof entity !== 'object' || entity === null || !Object.isFrozen(entity)) return entity;
  return Object.assign(Object.create(Object.getPrototypeOf(entity) as object) as object, entity);
}
