import { expect, it } from '@jest/globals';
import type { MigrationInterface } from 'typeorm';
import { migrationStates } from '../../lib/typeorm/databases/migrations.js';
import { connect, describeDatabases } from '../support/databases.js';
import './hearing.js';

class First1700000000001 implements MigrationInterface {
  readonly name = 'First1700000000001';
  up = async () => undefined;
  down = async () => undefined;
}

describeDatabases('the migrations of a database', (database) => {
  it('are found where TypeORM keeps them', async () => {
    const options = await database.createOptions([]);
    const [schema, more] = database.family === 'postgres' ? ['app', { schema: 'app' }] : [undefined, {}];
    if (schema !== undefined) await (await connect(options)).query(`CREATE SCHEMA ${schema}`);
    const dataSource = await connect({
      ...options,
      ...more,
      synchronize: false,
      migrations: [First1700000000001],
      migrationsTableName: 'Steps',
    });
    expect(await migrationStates()).toEqual([]);
    await dataSource.runMigrations();
    const [one] = await migrationStates();
    await dataSource.undoLastMigration();
    const [other] = await migrationStates();
    expect(one.place).toBe(other.place);
    expect(one.fingerprint).not.toBe(other.fingerprint);
  });
});
