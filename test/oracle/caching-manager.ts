import type { EntityManager, EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import { cached } from '../../lib/index.js';

type Target = EntityTarget<ObjectLiteral>;

/** A manager like this one whose repositories are cached ones, and whose query builders for an entity are made by those. */
export function cachingManager(manager: EntityManager): EntityManager {
  const getRepository = once((target) => cached(manager.getRepository(target)));
  const getTreeRepository = once((target) => cached(manager.getTreeRepository(target)));
  return Object.assign(Object.create(manager) as EntityManager, {
    getRepository,
    getTreeRepository,
    createQueryBuilder: (...[target, alias]: [Target, string] | []) =>
      target === undefined || alias === undefined
        ? manager.createQueryBuilder()
        : getRepository(target).createQueryBuilder(alias),
  });
}

function once<Made extends Repository<ObjectLiteral>>(make: (target: Target) => Made): (target: Target) => Made {
  const made = new Map<Target, Made>();
  return (target) => {
    let repository = made.get(target);
    if (repository === undefined) made.set(target, (repository = make(target)));
    return repository;
  };
}
