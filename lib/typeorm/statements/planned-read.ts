import type { LoadCapture } from '../../engine/load-capture.js';
import type { Dialect, Pin, TableRead } from '../../sql/statement.js';
import { MAX_READ_ROWS } from '../../tags/reading.js';
import { forEachDependency } from '../../tags/read-rules.js';
import { anyChosenOf } from '../../tags/seen-rows.js';
import type { Tag } from '../../tags/tag.js';
import type { DatabaseSchema } from '../databases/database-schema.js';
import { idsOfPins, pinsOfKey, type Parameters } from './key-values.js';
import type { Relation } from '../databases/relation.js';

/** One table that a statement reads, as far as its text tells. */
export class PlannedRead {
  /** Why an answer that holds rows of it cannot be kept. */
  readonly obstacle: string | undefined;

  readonly relation: Relation;
  private readonly pins: readonly Pin[] | undefined;

  constructor(
    schema: DatabaseSchema,
    read: TableRead,
    private readonly dialect: Dialect,
  ) {
    this.relation = schema.relation(read.table);
    this.pins = pinsOfKey(this.relation.key, read.pins);
    this.obstacle = this.obstacleIn(read);
  }

  private obstacleIn({ table, fields }: TableRead): string | undefined {
    const { obstacle, isKnown, columns } = this.relation;
    if (obstacle !== undefined || !isKnown) return obstacle ?? `unknown table ${table.name}`;
    // PostgreSQL calls a function where the table has no such column.
    const unknown = columns && fields.find((field) => !columns.some(({ name }) => name === field));
    return unknown === undefined ? undefined : `unknown column or function ${table.name}.${unknown}`;
  }

  /** Makes a load depend on what is read. */
  addTo(load: LoadCapture, parameters: Parameters): void {
    const { relation, pins } = this;
    const depend = (tag: Tag): void => load.depend(tag);
    const ids = pins === undefined ? undefined : idsOfPins(relation.key, pins, parameters, this.dialect, MAX_READ_ROWS);
    forEachDependency({ table: relation.id, ids, anyChosen: anyChosenOf(relation) }, depend);
    for (const base of relation.bases) forEachDependency({ table: base.id }, depend);
  }
}
