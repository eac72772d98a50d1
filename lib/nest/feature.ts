import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FactoryProvider } from '@nestjs/common';
import { hastyTimes } from '../engine/consistency.js';
import { ZooCacheError } from '../errors/zoocache.error.js';
import { dataSourceToken, nameOfDataSource, type DataSourceName } from '../typeorm/databases/data-source-token.js';
import type { EntityName } from '../typeorm/entities/entity-directory.js';
import {
  entityNameOf,
  entityPolicyOf,
  type EntityOptions,
  type EntityPolicy,
} from '../typeorm/entities/entity-options.js';
import { featureRepository } from '../typeorm/reads/feature-repository.js';
import { getCachedRepositoryToken } from './inject-cached-repository.decorator.js';
import { orClose } from './or-close.js';
import type { Runtime } from './runtime.js';
import { ZOO_CACHE_RUNTIME } from './tokens.js';

/**
 * An entity whose cached repository is wanted; with options beside it, even empty ones, its ordinary repositories, managers
 * and active records read through the cache likewise.
 */
export type FeatureEntity = EntityName | readonly [EntityName, EntityOptions];

/**
 * The providers of cached repositories.
 *
 * @throws ZooCacheError `INVALID_ARGUMENT` for what is no list of different entities; wrong options fail when the application starts
 */
export function featureProviders(entities: readonly FeatureEntity[], dataSource: DataSourceName): FactoryProvider[] {
  if (!Array.isArray(entities)) {
    throw new ZooCacheError('INVALID_ARGUMENT', {
      what: 'The entities of a feature must be a list',
      name: 'ZooCacheModule.forFeature()',
      next: "Write forFeature([Product, [Author, { ttl: '5m' }]])",
    });
  }
  const seen = new Set<EntityName>();
  return (entities as readonly FeatureEntity[]).map((given) => {
    const [entity, options] = Array.isArray(given) ? (given as [EntityName, EntityOptions]) : [given as EntityName];
    if (seen.has(entity)) throw namedTwice(entity);
    seen.add(entity);
    return {
      provide: getCachedRepositoryToken(entity, dataSource),
      inject: [ZOO_CACHE_RUNTIME, dataSourceToken(dataSource)].map((token) => ({ token, optional: true })),
      async useFactory(runtime: Runtime | undefined, source: Parameters<typeof featureRepository>[1] | undefined) {
        if (runtime === undefined) throw notRegistered(entity);
        return orClose(runtime, async () => {
          if (source !== undefined) {
            return featureRepository(runtime.reads, source, entity, checkedPolicy(runtime, entity, options));
          }
          // Nest leaves out one that fails to connect too, and then it is the error of the connection that must come first.
          await nextTurn();
          throw noDataSource(dataSource, entity);
        });
      },
    };
  });
}

function notRegistered(entity: EntityName): ZooCacheError {
  return new ZooCacheError('NOT_REGISTERED', {
    what: 'A cached repository needs a cache, and this module sees none',
    name: entityNameOf(entity),
    next: 'Import ZooCacheModule.forRoot() in the root module, and leave it global',
  });
}

function noDataSource(dataSource: DataSourceName, entity: EntityName): ZooCacheError {
  const name = nameOfDataSource(dataSource);
  const root = name === nameOfDataSource(undefined) ? '' : ` with the name '${name}'`;
  return new ZooCacheError('NOT_REGISTERED', {
    what: 'A cached repository needs a DataSource that no module provides',
    name: `'${name}' for ${entityNameOf(entity)}`,
    next: `Import TypeOrmModule.forRoot()${root}, or name another one in ZooCacheModule.forFeature()`,
  });
}

function namedTwice(entity: EntityName): ZooCacheError {
  return new ZooCacheError('INVALID_ARGUMENT', {
    what: 'An entity is named twice in one ZooCacheModule.forFeature()',
    name: entityNameOf(entity),
    next: 'Name it once, with its options if it has any',
  });
}

function checkedPolicy(
  runtime: Runtime,
  entity: EntityName,
  options: EntityOptions | undefined,
): EntityPolicy | undefined {
  if (options === undefined) return undefined;
  const where = `ZooCacheModule.forFeature() for ${entityNameOf(entity)}`;
  const policy = entityPolicyOf(options, where);
  for (const text of hastyTimes(options, where)) runtime.warnings.warn(text);
  return policy;
}
