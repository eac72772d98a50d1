import type { Logger } from 'typeorm';

/** Counts what TypeORM sends to the database: an answer that needs none of it comes from the cache. */
export class StatementCounter implements Logger {
  count = 0;

  logQuery(): void {
    this.count++;
  }

  logQueryError(): void {}

  logQuerySlow(): void {}

  logSchemaBuild(): void {}

  logMigration(): void {}

  log(): void {}
}
