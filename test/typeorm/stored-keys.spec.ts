import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen, load } from './hearing.js';

const CODE = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11';

@Entity()
class Ticket {
  /** In a UUID, case and punctuation mean nothing. */
  @PrimaryColumn({ type: 'varchar', length: 40 })
  code!: string;

  @Column()
  seat!: number;
}

describeDatabases(
  'a key whose column becomes one of another type',
  (database) => {
    it('makes a transaction sweep the database that named rows before the catalogue was read again', async () => {
      const dataSource = await openDataSource(database, [Ticket]);
      await dataSource.manager.insert(Ticket, { code: CODE, seat: 1 });
      const heard = listen();
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      await dataSource.query(
        database.family === 'mysql'
          ? 'ALTER TABLE ticket MODIFY code UUID NOT NULL'
          : 'ALTER TABLE ticket ALTER COLUMN code TYPE UUID USING code::UUID',
      );
      await runner.manager.update(Ticket, CODE, { seat: 2 });
      const { tags, blockedBy } = await load(() => dataSource.manager.findOneBy(Ticket, { code: CODE }));
      heard.take();
      await runner.commitTransaction();
      await runner.release();
      expect(blockedBy).toBeUndefined();
      expect(tags).toContain(`ticket:${CODE.toLowerCase().replaceAll('-', '')}`);
      expect(heard.released()).toContain('*');
    });
  },
  { only: ({ supportsConcurrentConnections }) => supportsConcurrentConnections },
);
