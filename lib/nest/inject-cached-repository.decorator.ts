import { Inject } from '@nestjs/common';
import { ZooCacheError } from '../errors/zoocache.error.js';
import { nameOfDataSource, type DataSourceName } from '../typeorm/databases/data-source-token.js';
import type { EntityName } from '../typeorm/entities/entity-directory.js';
import { entityNameOf } from '../typeorm/entities/entity-options.js';

/** Symbols, because two entities may have one name; they belong to their entity, and to no application. */
const tokens = new WeakMap<object, Map<string, symbol>>();

/**
 * The token of the cached repository of an entity, for tests that replace it: the same at each call.
 *
 * @param dataSource the DataSource, its options or its name. @default the one without a name
 * @throws ZooCacheError `INVALID_ARGUMENT` for anything but an entity
 */
export function getCachedRepositoryToken(entity: EntityName, dataSource?: DataSourceName): symbol {
  const known: unknown = entity;
  if (typeof known !== 'function' && (typeof known !== 'object' || known === null)) {
    throw new ZooCacheError('INVALID_ARGUMENT', {
      what: 'A cached repository needs an entity, and this is not one',
      name: String(known),
      next: 'Give the class or the EntitySchema; if it is undefined, two files import each other',
    });
  }
  let ofEntity = tokens.get(entity);
  if (ofEntity === undefined) tokens.set(entity, (ofEntity = new Map<string, symbol>()));
  const name = nameOfDataSource(dataSource);
  let token = ofEntity.get(name);
  if (token === undefined) {
    const prefix = name === 'default' ? '' : `${name}_`;
    ofEntity.set(name, (token = Symbol(`${prefix}${entityNameOf(entity)}CachedRepository`)));
  }
  return token;
}

/**
 * Injects the {@link CachedRepository} that `ZooCacheModule.forFeature([Entity])` provides.
 *
 * @param dataSource the DataSource, its options or its name. @default the one without a name
 * @throws ZooCacheError when the class is defined: `INVALID_ARGUMENT` for anything but an entity
 */
export function InjectCachedRepository(
  entity: EntityName,
  dataSource?: DataSourceName,
): PropertyDecorator & ParameterDecorator {
  return Inject(getCachedRepositoryToken(entity, dataSource));
}
