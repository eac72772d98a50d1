import type { QueryRunner } from 'typeorm';

/** A query runner with the members the hooks look at and TypeORM's types leave out; not every driver has all. */
export interface HookedRunner extends QueryRunner {
  /** The driver's own object for the connection, once there is one. */
  readonly databaseConnection?: unknown;
  readonly driver?: { readonly databaseConnection?: unknown };
  /** How many savepoints deep it believes to be, 0 outside of transactions. */
  readonly transactionDepth?: number;
}

/** A method of a runner as it was before it was patched. */
export type Original = (this: QueryRunner, ...args: never[]) => unknown;
