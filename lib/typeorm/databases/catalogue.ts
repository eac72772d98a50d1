import type { ForeignKey } from '../../tags/foreign-keys.js';

/** A column of a table, as the catalogue describes it. */
export interface CatalogueColumn {
  /** Folded to lower case. */
  readonly name: string;
  readonly spelled: string;
  /** Its type without lengths, folded; empty when it is one of whose comparisons nothing is known. */
  readonly type: string;
  /** How many characters fit; undefined: not told. */
  readonly maxLength?: number;
  /** Its collation may call texts equal that differ in their letters, or do so by rules of its own. */
  readonly hasOddCollation: boolean;
  readonly isNotNull: boolean;
  /** It belongs to the primary key. */
  readonly isKey: boolean;
  /** What a row that leaves it out gets; undefined when that is no constant, or not known. */
  readonly default?: { readonly value: unknown };
  /** The database sets it by itself when the row changes. */
  readonly isComputed: boolean;
  /** What it is computed by whenever it is read, as SQL; undefined where it is stored. */
  readonly expression?: string;
  /** The database gives it the next number where it is given none, or 0 in MySQL; and the driver answers which one. */
  readonly isCounted?: boolean;
}

/** A relation as the database's own catalogue describes it. */
export interface CatalogueRelation {
  /** Folded to lower case, like all names here. */
  readonly schema?: string;
  readonly name: string;
  /** A materialized view holds rows of its own, so it is a table that REFRESH writes. */
  readonly kind: 'table' | 'view' | 'materialized view';
  /** What a view selects; undefined when it may not be read. */
  readonly definition?: string;
  /** What PostgreSQL itself calls it, whatever names mean on a connection; as `tableoid` of its rows says in text. */
  readonly oid?: string;
  /** An UPDATE or DELETE of it can be asked for the rows it changed, and nothing else happens. */
  readonly answersReturning?: boolean;
  /** Triggers or rules of its own may turn a write to it into other writes. */
  readonly hasTriggers?: boolean;
  /** A row that is written may take the place of others, as if by REPLACE. */
  readonly replacesRows?: boolean;
  /** What it shows of a row may change with any other one, as a rank does in a search of texts. */
  readonly weighsRows?: boolean;
  /** What stores its rows on MySQL; undefined elsewhere, and for views. */
  readonly engine?: string;
  /** Why an answer that holds its rows cannot be kept: it takes more than writes to it to change what it shows. */
  readonly obstacle?: string;
  /** All columns of a table; undefined for views, and where they are not told. */
  readonly columns?: readonly CatalogueColumn[];
}

/** A foreign key as the catalogue describes it; its columns stand in the order of those they refer to. */
export interface CatalogueForeignKey extends ForeignKey {
  /** The database keeps rows that refer to none out of the whole table, and shows whoever reads them what they refer to. */
  readonly isEnforced: boolean;
}

/** What a database says of itself, beside what its entities say. */
export interface Catalogue {
  readonly relations: readonly CatalogueRelation[];
  readonly foreignKeys: readonly CatalogueForeignKey[];
  /** Tables whose rows are seen through others: partitions and what they are part of, by name, both ways. */
  readonly kinships: readonly (readonly [string, string])[];
  /** The texts that created triggers by the names of their tables, where the database tells them. */
  readonly triggers?: readonly (readonly [string, string])[];
  /** The schema an unqualified name means, if there is only one. */
  readonly defaultSchema?: string;
  /** The server repeats what another one was told, some time later, as far as it says so. */
  readonly isReplica: boolean;
  /** Connections begin with a transaction, and go on with another when it ends. */
  readonly isAlwaysInTransaction?: boolean;
  /** Connections see what others have written and may yet take back, unless they are told not to. */
  readonly showsUncommitted?: boolean;
}

/** Runs one statement and resolves with its rows. */
export type RunStatement = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
