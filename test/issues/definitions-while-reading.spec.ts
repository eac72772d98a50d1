import { expect, it } from '@jest/globals';
import { Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { sendUnheard } from '../../lib/typeorm/hooks/runner-hooks.js';
import type { HookedRunner } from '../../lib/typeorm/library/hooked-runner.js';
import { heardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
}

let added = 0;

const reads = {
  added: (manager: EntityManager) => manager.query(`SELECT id, added${added} FROM bunk ORDER BY id`),
};

describeDatabases('A catalogue that is read while a table changes', (database) => {
  it.each([
    ['succeeds', (rows: unknown) => rows],
    [
      'fails',
      () => {
        throw new Error('it failed');
      },
    ],
  ])('is read again, because nobody knows what it shows, though the reading %s', async (_title, answer) => {
    added = 0;
    const cached = await CachedReads.open(database, [Bunk], reads);
    const { dataSource } = cached;
    const source = heardDataSource(dataSource);
    source.forgetCatalogue();
    const runner = dataSource.createQueryRunner() as HookedRunner;
    await source.readCatalogue(async (text) => {
      const rows: unknown = await sendUnheard(runner, text);
      await dataSource.query(`ALTER TABLE bunk ADD COLUMN added${++added} INT DEFAULT 5`);
      return answer(rows) as never;
    });
    await runner.release();
    expect(added).toBeGreaterThan(0);
    expect(source.isCatalogueRead).toBe(false);
    expect(source.knowledge.doubt).toBeDefined();
    await cached.fill();
    await dataSource.manager.insert(Bunk, { id: 1 });
    expect(await cached.wrong()).toEqual([]);
  });
});
