import {
  EntityManager,
  EntitySchema,
  InsertQueryBuilder,
  SelectQueryBuilder,
  type DataSource,
  type EntityMetadata,
} from 'typeorm';
import { currentFrame, runSaving, type Saving } from '../../engine/context.js';
import { allWishes, isAnythingIgnored } from '../databases/column-wishes.js';
import { forgetWhatWasSet, handedOutIn, holdsWhatWasSaid, rememberAnswer, rememberedColumns } from './handed-out.js';
import { reportHookFailure } from '../library/hook-failures.js';
import { dataSourceOf } from '../reads/manager-hooks.js';
import { isAnythingKeptOnSave } from '../reads/open-reads.js';
import { patch } from '../library/patch.js';

/*
 * Saving what the cache handed out
 * ================================
 *
 * `save()` writes the columns in which an entity differs from its row, which it selects first. An ignored column of an
 * answer may be old, and would be written back over what others have counted since:
 *
 *     hit: views = 10     others: UPDATE views = 15     save(): selects 15, writes 10
 *
 * So the row that `save()` compares with is given the value that the entity came with, if the entity still has it: then
 * they do not differ. The entity itself is not touched, and its listeners, subscribers and validators see it whole. A row
 * that is not there any more is inserted with all it has. `upsert()` compares nothing; of its statement the part is
 * changed that overwrites a row that is there.
 */

/** TypeORM 0.3 calls its DataSource `connection`. */
type Query = Pick<SelectQueryBuilder<object>, 'expressionMap'> & {
  readonly findOptions?: FindOptions;
  readonly dataSource?: DataSource;
  readonly connection?: DataSource;
};

interface FindOptions {
  readonly loadEagerRelations?: boolean;
  readonly withDeleted?: boolean;
  readonly loadRelationIds?: boolean | { readonly disableMixedMap?: boolean };
}

/** Leaves out of `save()` and `upsert()` what only repeats an answer of the cache. */
export function hookSaving(): void {
  patch(EntityManager.prototype, 'save', (original) => {
    return function save(this: EntityManager, ...args: unknown[]): unknown {
      const saved = args.length > 1 && isTarget(args[0]) ? args[1] : args[0];
      const save = (): unknown => original.apply(this, args) as unknown;
      return saving(this, saved, save, isAnythingKeptOnSave() ? ANYTHING : undefined);
    };
  });
  patch(EntityManager.prototype, 'upsert', (original) => {
    return function upsert(this: EntityManager, ...args: unknown[]): unknown {
      return saving(this, args[1], () => original.apply(this, args) as unknown);
    };
  });
  patch(SelectQueryBuilder.prototype, 'getMany', (original) => {
    return function getMany(this: Query, ...args: unknown[]): unknown {
      const answer = original.apply(this, args) as Promise<readonly object[]>;
      const entities = currentFrame()?.saving;
      if (!(entities instanceof SavedEntities) || !isComparedWith(this)) return answer;
      return answer.then((rows) => {
        for (const row of rows) entities.assimilate(row);
        return rows;
      });
    };
  });
  patch(InsertQueryBuilder.prototype, 'orUpdate', (original) => {
    return function orUpdate(this: InsertQueryBuilder<object>, columns: unknown, ...others: unknown[]): unknown {
      const { mainAlias, valuesSet = [] } = this.expressionMap;
      const isSaving = currentFrame()?.saving instanceof SavedEntities && Array.isArray(columns);
      const kept = isSaving ? overwritten(columns as string[], mainAlias!.metadata, [valuesSet].flat()) : columns;
      return original.call(this, kept, ...others);
    };
  });
  patch(SelectQueryBuilder.prototype, 'executeEntitiesAndRawResults', (original) => {
    return function executeEntitiesAndRawResults(this: Query, ...args: unknown[]): unknown {
      const answer = original.apply(this, args) as Promise<{ readonly entities: unknown }>;
      if (!isAnythingIgnored() || !mayComeFromCache(this)) return answer;
      return answer.then((found) => {
        for (const wishes of allWishes()) rememberAnswer(found.entities, wishes);
        return found;
      });
    };
  });
}

/** Entities that are being saved and came from the cache. */
class SavedEntities {
  private readonly byRow = new Map<string, object[]>();

  constructor(
    private readonly dataSource: DataSource,
    entities: readonly object[],
  ) {
    for (const entity of entities) {
      const name = this.rowName(entity);
      const others = this.byRow.get(name);
      if (others === undefined) this.byRow.set(name, [entity]);
      else others.push(entity);
    }
  }

  /** Gives a row of the database the ignored values that the entity of the same row came with. */
  assimilate(row: object): void {
    try {
      for (const entity of this.byRow.get(this.rowName(row)) ?? []) {
        for (const column of rememberedColumns(entity)) {
          // Whoever saves may have gone on while the row was selected.
          if (!holdsWhatWasSaid(entity, column.propertyPath)) continue;
          column.setEntityValue(row, column.getEntityValue(entity));
        }
      }
    } catch (error) {
      reportHookFailure('comparing an entity that is saved', error);
    }
  }

  private rowName(entity: object): string {
    const { constructor } = Object.getPrototypeOf(entity) as { readonly constructor: Function };
    if (!this.dataSource.hasMetadata(constructor)) return '';
    const { name, primaryColumns } = this.dataSource.getMetadata(constructor);
    return [name, ...primaryColumns.map((column) => String(column.getEntityValue(entity)))].join('\n');
  }
}

/** The columns that an upsert of these values overwrites, without those that only repeat what the cache said. */
function overwritten(columns: readonly string[], metadata: EntityMetadata, values: readonly object[]): string[] {
  return columns.filter((name) => {
    const column = metadata.columns.find(({ databaseName }) => databaseName === name);
    if (column === undefined) return true;
    const given = values.filter((value) => column.getEntityValue(value) !== undefined);
    return given.length === 0 || !given.every((value) => holdsWhatWasSaid(value, column.propertyPath));
  });
}

/** What is being saved came from anywhere, and the rows that come of it may be wanted. */
const ANYTHING: Saving = Object.freeze({});

function saving(manager: EntityManager, saved: unknown, save: () => unknown, otherwise?: Saving): unknown {
  const saving = (isAnythingIgnored() ? fromCache(manager, saved) : undefined) ?? otherwise;
  // What a listener saves by itself is another matter.
  if (saving === undefined && currentFrame()?.saving === undefined) return save();
  return runSaving(saving, save);
}

function fromCache(manager: EntityManager, saved: unknown): SavedEntities | undefined {
  try {
    const dataSource = dataSourceOf(manager);
    const entities = handedOutIn(saved, dataSource);
    for (const entity of entities) forgetWhatWasSet(entity);
    return entities.length === 0 ? undefined : new SavedEntities(dataSource, entities);
  } catch (error) {
    reportHookFailure('looking at what is saved', error);
    return undefined;
  }
}

function isTarget(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'string' || value instanceof EntitySchema;
}

/** Whether the query is the one by which TypeORM selects the rows that it compares with what it saves. */
function isComparedWith({ findOptions }: Query): boolean {
  if (findOptions === undefined || findOptions.loadEagerRelations !== false || findOptions.withDeleted !== true)
    return false;
  const { loadRelationIds } = findOptions;
  return typeof loadRelationIds === 'object' && loadRelationIds.disableMixedMap === true;
}

/** Whether TypeORM's own cache was asked, whose rows may be old too: it makes new entities of them each time. */
function mayComeFromCache({ expressionMap, connection, dataSource = connection }: Query): boolean {
  const { cache } = dataSource!.options;
  const isAlways = typeof cache === 'object' && cache.alwaysEnabled === true;
  return expressionMap.cache ?? isAlways;
}
