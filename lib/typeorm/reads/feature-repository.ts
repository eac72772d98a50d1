import type { DataSource, EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import { readThroughCache } from './cached-repository.js';
import type { EntityName } from '../entities/entity-directory.js';
import { EVERYTHING, type EntityPolicy } from '../entities/entity-options.js';
import type { EntityReads } from './entity-reads.js';

/**
 * The cached repository of an entity, one of trees if the entity is one.
 *
 * @param policy how ordinary reads of the entity are cached from now on, too; undefined: as they are
 * @throws ZooCacheError `INVALID_OPTION` when they are cached in another way already
 */
export function featureRepository(
  reads: EntityReads,
  dataSource: DataSource,
  entity: EntityName,
  policy: EntityPolicy | undefined,
): Repository<ObjectLiteral> {
  const target = entity as EntityTarget<ObjectLiteral>;
  // What a test provides in place of a DataSource has repositories like itself, of which there is nothing to cache.
  if (typeof dataSource.hasMetadata !== 'function') return dataSource.getRepository(target);
  reads.offer(dataSource, target);
  if (policy !== undefined) reads.switchOn(dataSource, target, policy);
  // Without metadata yet, where the DataSource is initialised later by hand.
  const isTree = dataSource.hasMetadata(target) && dataSource.getMetadata(target).treeType !== undefined;
  const repository = isTree ? dataSource.getTreeRepository(target) : dataSource.getRepository(target);
  return readThroughCache(repository, policy ?? EVERYTHING, reads);
}
