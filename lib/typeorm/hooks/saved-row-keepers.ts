import type { DataSource } from 'typeorm';
import { canonicalKeyValue } from '../../tags/table-info.js';
import { rowTag } from '../../tags/table-tags.js';
import type { Tag } from '../../tags/tag.js';
import { dataSourcesRevision } from '../databases/data-sources.js';
import type { EntityReader } from '../reads/entity-reader.js';
import { heardDataSource } from '../statements/heard-data-source.js';
import { reportHookFailure } from '../library/hook-failures.js';
import { savingReadersOf } from '../reads/open-reads.js';
import type { Relation } from '../databases/relation.js';
import { RowHydration, type RowOfTable } from '../entities/row-hydration.js';
import type { SavedRow } from '../connections/saved-rows.js';

/** An entity whose saved rows are wanted, and by whom. */
interface Wanted {
  readonly hydration: RowHydration;
  readonly readers: readonly EntityReader[];
}

/** Whoever wants the saved rows of a table. */
export class SavedRowKeepers {
  private constructor(
    private readonly dataSource: DataSource,
    private readonly relation: Relation,
    private readonly wanted: readonly Wanted[],
    private readonly revision: number,
  ) {}

  /** Undefined where nobody does, or where the row that a statement returns need not be what is found afterwards. */
  static of(dataSource: DataSource, relation: Relation): SavedRowKeepers | undefined {
    const revision = dataSourcesRevision();
    let keepers = known.get(relation);
    if (keepers?.revision !== revision) {
      keepers = new SavedRowKeepers(dataSource, relation, wantedOf(dataSource, relation), revision);
      known.set(relation, keepers);
    }
    return keepers.wanted.length === 0 ? undefined : keepers;
  }

  /** The columns of which a row must consist, as the database spells them. */
  get columns(): readonly string[] {
    return [...new Set(this.wanted.flatMap(({ hydration }) => [...hydration.columns]))];
  }

  /**
   * The row as it is kept until its transaction ends; undefined if it cannot be named.
   *
   * @param oid of the table it was written to: names may mean another one on this connection
   */
  keep(row: RowOfTable, oid: unknown): SavedRow | undefined {
    const { relation, dataSource } = this;
    if (oid !== relation.oid) return undefined;
    const id = canonicalKeyValue(relation.key[0], row[relation.returningKey![0]]);
    if (id === undefined) return undefined;
    const tags = [rowTag(relation.id, id)];
    const { knowledge } = heardDataSource(dataSource);
    const puts = this.wanted.map((one) => putting(one, row, tags));
    return {
      tags,
      put(transactionId) {
        // DDL was sent meanwhile: there may be a trigger now.
        if (knowledge.doubt === undefined) for (const put of puts) put(transactionId);
      },
    };
  }
}

/** A relation is another one when anything changes that is known of the tables. */
const known = new WeakMap<Relation, SavedRowKeepers>();

function wantedOf(dataSource: DataSource, relation: Relation): readonly Wanted[] {
  const { schema } = heardDataSource(dataSource);
  const { oid, returning, returningKey, key, hasTriggers } = relation;
  if (oid === undefined || returning === undefined || returningKey?.length !== 1 || key.length !== 1 || hasTriggers)
    return [];
  // With parts, or as a part, a table may hold two rows with one key.
  if (schema.kinOf(relation).length > 0) return [];
  const stored = new Set(returning.map(({ spelled }) => spelled));
  const wanted: Wanted[] = [];
  for (const metadata of dataSource.entityMetadatas) {
    if (schema.relationOf(metadata) !== relation) continue;
    const readers = savingReadersOf(dataSource, metadata).filter(({ keepsRows }) => keepsRows);
    const hydration = readers.length === 0 ? undefined : RowHydration.of(dataSource, metadata);
    if (hydration === undefined || ![...hydration.columns].every((column) => stored.has(column))) continue;
    wanted.push({ hydration, readers });
  }
  return wanted;
}

/** Begins to make the entity, which takes no other time than its listeners do; the result stores it. */
function putting(
  { hydration, readers }: Wanted,
  row: RowOfTable,
  tags: readonly Tag[],
): (transactionId: string) => void {
  let entity: object | null | undefined;
  const making = hydration.entityOf(row).then(
    (made) => void (entity = made),
    (error: unknown) => {
      entity = null;
      reportHookFailure('making an entity of a saved row', error);
    },
  );
  const store = (transactionId: string): void => {
    if (entity == null) return;
    try {
      for (const reader of readers) reader.putWritten(entity, transactionId, tags);
    } catch (error) {
      reportHookFailure('putting a saved row back', error);
    }
  };
  return (transactionId) => {
    if (entity === undefined) void making.then(() => store(transactionId));
    else store(transactionId);
  };
}
