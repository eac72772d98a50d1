import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { readingThrough } from './cached-query-builder.js';
import type { CachedSource } from './cached-source.js';
import { FIND_METHODS } from '../entities/find-methods.js';
import { plainMethod } from './manager-hooks.js';

const managers = new WeakSet<object>();

/** Whether the manager is one of those below. */
export function isCachedManager(manager: unknown): boolean {
  return typeof manager === 'object' && manager !== null && managers.has(manager);
}

/**
 * A manager like the given one, which reads one entity through the cache.
 *
 * All that repositories do comes down to their manager, so a repository that has this one reads through the cache,
 * whatever its own methods make of it. `withRepository` and `extend` of TypeORM keep a repository's methods and replace
 * its manager, which is just what a transaction needs.
 */
export function cachedManager(manager: EntityManager, source: CachedSource): EntityManager {
  const cached = Object.create(manager) as EntityManager;
  managers.add(cached);
  // Repositories that are made by this manager have it for their own, and must not be handed out by the ordinary one.
  own(cached, 'repositories', new Map());
  own(cached, 'treeRepositories', []);
  for (const method of FIND_METHODS) {
    if (typeof Reflect.get(manager, method.name) !== 'function') continue;
    own(cached, method.name, (entity: unknown, ...args: unknown[]) => {
      const reader = manager.queryRunner === undefined ? source.readerFor(entity) : undefined;
      if (reader === undefined)
        return Reflect.apply(Reflect.get(manager, method.name) as never, manager, [entity, ...args]);
      return reader.find(method, args, (given) => plainMethod(manager, method.name).call(manager, entity, ...given));
    });
  }
  own(cached, 'createQueryBuilder', (...args: unknown[]) => {
    const make = Reflect.get(manager, 'createQueryBuilder') as (...args: unknown[]) => SelectQueryBuilder<object>;
    const builder = make.apply(manager, args);
    return args[1] === undefined || source.readerFor(args[0]) === undefined ? builder : readingThrough(builder, source);
  });
  return cached;
}

function own(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
}
