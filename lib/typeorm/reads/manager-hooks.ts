import {
  BaseEntity,
  EntityManager,
  type DataSource,
  type EntityMetadata,
  type EntityTarget,
  type ObjectLiteral,
} from 'typeorm';
import { runBypassed } from '../../engine/context.js';
import { FIND_METHODS, type FindMethod } from '../entities/find-methods.js';
import { reportHookFailure } from '../library/hook-failures.js';
import type { EntityReader } from './entity-reader.js';
import { automaticReaderOf, isAnythingAutomatic } from './open-reads.js';
import { patch } from '../library/patch.js';

type Find = (this: EntityManager, ...args: unknown[]) => Promise<unknown>;

/** The methods as TypeORM has them, by name. */
const originals = new Map<string, { readonly original: Find; readonly hooked: Find }>();

/**
 * Answers the ordinary reads of managers, repositories and active records, which all come down to these methods, where
 * an application caches them.
 *
 * What a manager with a query runner of its own reads is never answered: it may stand in a transaction, and it is what
 * `save()` and `remove()` read by before they compare, in every version of TypeORM. Older ones let `preload()` read by an
 * ordinary manager. Nor is `reload()` of an active record, which is called by whoever does not believe what he has.
 */
export function hookManagers(): void {
  for (const method of FIND_METHODS) {
    patch(EntityManager.prototype, method.name, (original: Find) => {
      const hooked: Find = function find(this: EntityManager, ...args) {
        const reader = isAnythingAutomatic() && this.queryRunner === undefined ? readerFor(this, args[0]) : undefined;
        if (reader === undefined) return original.apply(this, args);
        return answer(reader, method, args, (rest) => original.call(this, args[0], ...rest));
      };
      originals.set(method.name, { original, hooked });
      return hooked;
    });
  }
  patch(EntityManager.prototype, 'preload', (original: Find) => {
    return function preload(this: EntityManager, ...args: unknown[]) {
      return isAnythingAutomatic()
        ? runBypassed('preload', () => original.apply(this, args))
        : original.apply(this, args);
    };
  });
  patch(BaseEntity.prototype, 'reload', (original: (this: BaseEntity) => Promise<void>) => {
    return function reload(this: BaseEntity): Promise<void> {
      return isAnythingAutomatic() ? runBypassed('reload', () => original.call(this)) : original.call(this);
    };
  });
}

/** A method of a manager as it is without the cache. */
export function plainMethod(manager: EntityManager, name: string): Find {
  const own = Reflect.get(manager, name) as Find;
  const known = originals.get(name);
  return known !== undefined && own === known.hooked ? known.original : own;
}

/** Answers a call of a method of the manager that stands for one entity. */
export function answer(
  reader: EntityReader,
  method: FindMethod,
  args: readonly unknown[],
  load: (rest: readonly unknown[]) => Promise<unknown>,
): Promise<unknown> {
  return reader.find(method, args.slice(1), load);
}

/** The metadata that a manager would take for an entity, or undefined if it would refuse it. */
export function metadataOf(dataSource: DataSource, entity: unknown): EntityMetadata | undefined {
  const target = entity as EntityTarget<ObjectLiteral>;
  return dataSource.hasMetadata(target) ? dataSource.getMetadata(target) : undefined;
}

function readerFor(manager: EntityManager, entity: unknown): EntityReader | undefined {
  try {
    const dataSource = dataSourceOf(manager);
    const metadata = metadataOf(dataSource, entity);
    return metadata && automaticReaderOf(dataSource, metadata);
  } catch (error) {
    reportHookFailure('answering an ordinary read', error);
    return undefined;
  }
}

/** TypeORM 0.3 calls it `connection`. */
export function dataSourceOf(manager: EntityManager): DataSource {
  return manager.dataSource ?? (manager as unknown as { connection: DataSource }).connection;
}
