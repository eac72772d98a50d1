/** A relation as the database's own catalogue describes it. */
export interface CatalogueRelation {
  /** Folded to lower case, like all names here. */
  readonly schema?: string;
  readonly name: string;
  /** A materialized view holds rows of its own, so it is a table that REFRESH writes. */
  readonly kind: 'table' | 'view' | 'materialized view';
  /** What a view selects; undefined when it may not be read. */
  readonly definition?: string;
  /** An UPDATE or DELETE of it can be asked for the rows it changed, and nothing else happens. */
  readonly answersReturning?: boolean;
  /** Triggers or rules of its own may turn a write to it into other writes. */
  readonly hasTriggers?: boolean;
}

/** A foreign key that acts, as the catalogue describes it. */
export interface CatalogueForeignKey {
  readonly from: string;
  readonly columns: readonly string[];
  readonly to: string;
  readonly referencedColumns: readonly string[];
  readonly onDelete: string;
  readonly onUpdate: string;
}

/** What a database says of itself, beside what its entities say. */
export interface Catalogue {
  readonly relations: readonly CatalogueRelation[];
  readonly foreignKeys: readonly CatalogueForeignKey[];
  /** Tables whose rows are seen through others: partitions and what they are part of, by name, both ways. */
  readonly kinships: readonly (readonly [string, string])[];
  /** The schema an unqualified name means, if there is only one. */
  readonly defaultSchema?: string;
}

/** Runs one statement and resolves with its rows. */
export type RunStatement = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
