import type { EntityMetadata } from 'typeorm';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import { closestTo } from '../../support/did-you-mean.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/**
 * Checks the columns that the options of an entity list by their properties.
 *
 * @throws ZooCacheError `INVALID_OPTION` for a property that is no column, or one that answers must be new in
 */
export function checkIgnoredColumns(metadata: EntityMetadata, names: readonly string[]): void {
  if (names.length === 0) return;
  const obstacle = obstacleOf(metadata);
  if (obstacle !== undefined) {
    throw new ZooCacheError('INVALID_OPTION', {
      what: `No columns of the entity can be ignored, because ${obstacle.reason}`,
      name: `ignoreColumns of ${metadata.name}`,
      next: obstacle.next,
    });
  }
  for (const name of names) {
    const isRelation = metadata.relations.some(({ propertyPath }) => propertyPath === name);
    const column = metadata.columns.find(({ propertyPath }) => propertyPath === name);
    if (column === undefined && !isRelation) throw unknownColumn(metadata, name);
    const reason = isRelation || column === undefined ? RELATES : reasonToHear(metadata, column);
    if (reason === undefined) continue;
    throw new ZooCacheError('INVALID_OPTION', {
      what: `The column '${name}' cannot be ignored, because ${reason}`,
      name: `ignoreColumns of ${metadata.name}`,
      next: 'Take it out of the list',
    });
  }
}

/** Whether a write that changes only this column may go unheard. */
export function isIgnorable(metadata: EntityMetadata, column: ColumnMetadata): boolean {
  return obstacleOf(metadata) === undefined && reasonToHear(metadata, column) === undefined;
}

/** The columns, by their properties, that change with every update of an entity and are not among these. */
export function changingBeside(metadata: EntityMetadata, names: readonly string[]): readonly string[] {
  return metadata.columns
    .filter(({ isUpdateDate, isVersion, onUpdate }) => isUpdateDate || isVersion || onUpdate !== undefined)
    .map(({ propertyPath }) => propertyPath)
    .filter((name) => !names.includes(name));
}

const RELATES = 'it is a foreign key, which decides to whom a row belongs';

function obstacleOf({ tableType, target }: EntityMetadata): { reason: string; next: string } | undefined {
  if (tableType === 'view') {
    return {
      reason: 'it is a view, and its tables are what is written',
      next: "Name the columns of the view's tables",
    };
  }
  if (typeof target === 'function') return undefined;
  return {
    reason: 'it has no class, so its objects cannot be told from others when they are saved',
    next: 'Give its EntitySchema a target',
  };
}

/** Why every answer must hear of the column; undefined when none need to. */
function reasonToHear(metadata: EntityMetadata, column: ColumnMetadata): string | undefined {
  if (column.isPrimary) return 'it is part of the primary key, by which rows are told apart';
  if (isForeignKey(metadata, column)) return RELATES;
  if (column.isDiscriminator) return 'it is the discriminator, which decides of what class a row is';
  if (column.isDeleteDate) return 'a soft delete sets it, and must be heard';
  if (column.isTreeLevel || column === metadata.materializedPathColumn) return 'trees are read by it';
  if (column === metadata.nestedSetLeftColumn || column === metadata.nestedSetRightColumn)
    return 'trees are read by it';
  if (isReferredTo(metadata, column)) return 'foreign keys of others refer to it';
  if (column.isVirtualProperty) return 'it is no column of the table but computed by each query';
  return undefined;
}

function isForeignKey({ foreignKeys }: EntityMetadata, column: ColumnMetadata): boolean {
  return column.relationMetadata !== undefined || foreignKeys.some(({ columns }) => columns.includes(column));
}

function isReferredTo({ dataSource, connection, tablePath }: Connected, { databaseName }: ColumnMetadata): boolean {
  const { entityMetadatas } = dataSource ?? connection!;
  return entityMetadatas.some(({ foreignKeys }) =>
    foreignKeys.some(
      ({ referencedEntityMetadata, referencedColumnNames }) =>
        referencedEntityMetadata.tablePath === tablePath && referencedColumnNames.includes(databaseName),
    ),
  );
}

/** TypeORM 0.3 calls it `connection`. */
interface Connected {
  readonly dataSource?: EntityMetadata['dataSource'];
  readonly connection?: EntityMetadata['dataSource'];
  readonly tablePath: string;
}

function unknownColumn(metadata: EntityMetadata, name: string): ZooCacheError {
  const known = metadata.columns.filter((column) => isIgnorable(metadata, column)).map((column) => column.propertyPath);
  const meant = closestTo(name, known);
  return new ZooCacheError('INVALID_OPTION', {
    what: `The entity has no column '${name}'`,
    name: `ignoreColumns of ${metadata.name}`,
    next:
      meant === undefined ? `There are ${known.join(', ') || 'none that can be ignored'}` : `Did you mean '${meant}'`,
  });
}
