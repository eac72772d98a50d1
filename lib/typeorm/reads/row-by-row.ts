import { FindOperator, type DataSource, type EntityMetadata } from 'typeorm';
import { currentFrame } from '../../engine/context.js';
import type { Engine } from '../../engine/engine.js';
import type { LoadCapture } from '../../engine/load-capture.js';
import type { ReadPlan } from '../../engine/read-plan.js';
import type { CacheKey } from '../../keys/cache-key.js';
import { canonicalKeyValue, type KeyColumn } from '../../tags/table-info.js';
import type { Tag } from '../../tags/tag.js';
import { dependenciesAt, type EntityPlace } from '../entities/entity-directory.js';
import { isPlain, type FindMethod } from '../entities/find-methods.js';
import { heardDataSource } from '../statements/heard-data-source.js';
import type { RowKeys } from '../entities/row-key.js';

/** More rows than this are one answer, which costs one entry instead of as many. */
const MAX_ROWS = 200;

type Row = Record<string, unknown>;
type Ask = (args: readonly unknown[]) => Promise<Row[]>;

/** One row that is asked for. */
interface Wanted {
  readonly id: unknown;
  /** Its name, which is what the rows that the database answers are told apart by. */
  readonly name: string;
  readonly key: CacheKey;
}

/**
 * Answers `find` by a list of primary keys row by row: what is known from the cache, and all that is missing with one
 * statement. Each row is the entry that `findOneBy` of its id has.
 *
 * This is done only where a row of the table is all that such an answer consists of, so that it depends on nothing but
 * that row: no views, whose rows have no key of their own, no relations loaded eagerly, no columns computed from elsewhere, no listeners that might ask for
 * more while the entities are made. The answer is in the order of the primary key, in which databases give a few rows by
 * their keys; without ORDER BY any order is right, so an entity that has an order of its own is no such entity either.
 */
export class RowByRow {
  private constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: EntityMetadata,
    private readonly keys: RowKeys,
    private readonly engine: Engine,
  ) {}

  /** Undefined for entities of which a row is more than a row of their table. */
  static of(dataSource: DataSource, metadata: EntityMetadata, keys: RowKeys, engine: Engine): RowByRow | undefined {
    const isMore =
      metadata.orderBy !== undefined ||
      metadata.afterLoadListeners.length > 0 ||
      metadata.eagerRelations.length > 0 ||
      metadata.relationIds.length > 0 ||
      metadata.columns.some((column) => column.isVirtualProperty);
    return isMore ? undefined : new RowByRow(dataSource, metadata, keys, engine);
  }

  /**
   * The rows, or undefined for whatever asks for more than a list of ids.
   *
   * @param asked the options or the conditions of the call, whichever the method takes
   */
  find(asked: unknown, takes: FindMethod['takes'], plan: ReadPlan, ask: Ask): Promise<Row[]> | undefined {
    const isOptions = takes === 'options';
    const wanted = this.wantedIn(isOptions ? only('where', asked) : asked);
    // Past the cache it is one call as it stands.
    if (wanted === undefined || this.engine.reasonToBypass !== undefined || this.hasListeners) return undefined;
    return this.answer(wanted, plan, isOptions ? byOptions(ask) : ask);
  }

  private wantedIn(where: unknown): readonly Wanted[] | undefined {
    const operator = only(this.keys.property, where);
    if (!(operator instanceof FindOperator) || operator.type !== 'in') return undefined;
    const ids: unknown = operator.value;
    if (!Array.isArray(ids) || ids.length === 0 || ids.length > MAX_ROWS) return undefined;
    const wanted = new Map<CacheKey, Wanted>();
    const { column } = this;
    for (const id of ids as unknown[]) {
      const key = this.keys.of(id);
      const name = column && canonicalKeyValue(column, id);
      if (key === undefined || name === undefined) return undefined;
      wanted.set(key, { id, name, key });
    }
    // Two texts that the database may call equal might both be answered with one row, or with two.
    const names = new Set([...wanted.values()].map(({ name }) => name));
    return names.size === wanted.size ? [...wanted.values()] : undefined;
  }

  private async answer(wanted: readonly Wanted[], plan: ReadPlan, ask: Ask): Promise<Row[]> {
    const batch = new Batch(this.keys.property, ask, (row) => this.nameOf(row[this.keys.property]));
    // All of them before the first await: every load has its token before the statement is sent.
    const rows = await Promise.all(
      wanted.map(({ id, name, key }) => {
        // Asked when the row is here: the database may have told by then that its table is a view after all, or that its rows
        // are named otherwise.
        const tags = (): Iterable<Tag> => dependenciesAt(this.place, this.nameOf(id));
        return this.engine.read(key, { ...plan, tags }, () => batch.load(id, name));
      }),
    );
    const isInteger = this.column?.kind === 'integer';
    return rows.filter((row) => row !== null).sort((a, b) => this.compare(a, b, isInteger));
  }

  private get place(): EntityPlace {
    const { dataSource, metadata } = this;
    return { dataSource, metadata, relation: heardDataSource(dataSource).schema.relationOf(metadata) };
  }

  /** The one column of the key, as far as is known now: the catalogue may be read after the entity, and DDL may change it. */
  private get column(): KeyColumn | undefined {
    const [column, ...others] = this.place.relation.key;
    return others.length === 0 ? column : undefined;
  }

  /** Subscribers come and go. */
  private get hasListeners(): boolean {
    return this.dataSource.subscribers.some(({ afterLoad }) => afterLoad !== undefined);
  }

  private nameOf(id: unknown): string | undefined {
    const { column } = this;
    return column && canonicalKeyValue(column, id);
  }

  private compare(a: Row, b: Row, isInteger: boolean): number {
    const [one, other] = [a[this.keys.property], b[this.keys.property]] as [string, string];
    if (isInteger) return Number(BigInt(one) - BigInt(other));
    return one < other ? -1 : one > other ? 1 : 0;
  }
}

/**
 * One statement for all rows that are asked for until it is sent.
 *
 * Its rows are told apart by their names, which the database need not share: to most collations of MySQL 'É' is the row
 * that was asked for as 'e'. A row of a name that nobody asked for is somebody's all the same, so whoever found none then
 * asks alone, and a primary key is unique by the collation that compares it.
 */
class Batch {
  private readonly wanted = new Map<string, unknown>();
  private sending: Promise<Map<string, Row>> | undefined;
  private sender: LoadCapture | undefined;
  private isSent = false;
  private hasStranger = false;

  constructor(
    private readonly property: string,
    private readonly ask: Ask,
    private readonly nameOf: (row: Row) => string | undefined,
  ) {}

  async load(id: unknown, name: string): Promise<Row | null> {
    const load = currentFrame()?.load;
    // Somebody else's load of this row turned out to be unfit for us, long after the statement was sent.
    if (this.sending !== undefined && this.isSent) return this.loadAlone(id);
    this.wanted.set(name, id);
    if (this.sending === undefined) {
      this.sender = load;
      this.sending = this.send();
    }
    const rows = await this.sending;
    // The statement was heard by the load that sent it, and what was wrong with it concerns all.
    if (this.sender?.blockedBy !== undefined) load?.block(this.sender.blockedBy);
    return rows.get(name) ?? (this.hasStranger ? this.loadAlone(id) : null);
  }

  private async send(): Promise<Map<string, Row>> {
    await Promise.resolve();
    this.isSent = true;
    const named = new Map<string, Row>();
    for (const row of await this.ask([{ [this.property]: inOperator([...this.wanted.values()]) }])) {
      const name = this.nameOf(row);
      if (name !== undefined && this.wanted.has(name)) named.set(name, row);
      else this.hasStranger = true;
    }
    return named;
  }

  private async loadAlone(id: unknown): Promise<Row | null> {
    const [row = null] = await this.ask([{ [this.property]: inOperator([id]) }]);
    return row;
  }
}

/** The property of a value that has no other; undefined for any other value. */
function only(name: string, value: unknown): unknown {
  if (!isPlain(value)) return undefined;
  const names = Object.keys(value);
  return names.length === 1 && names[0] === name ? value[name] : undefined;
}

function byOptions(ask: Ask): Ask {
  return ([where]) => ask([{ where }]);
}

function inOperator(ids: readonly unknown[]): FindOperator<unknown> {
  return new FindOperator('in', ids as never, true, true);
}
