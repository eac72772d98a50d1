import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type DataSource, type DataSourceOptions } from 'typeorm';
import { cleanUpLater } from '../support/clean-up.js';
import { connect, describeDatabases } from '../support/databases.js';
import { listen, load } from './hearing.js';

@Entity()
class Paper {
  @PrimaryColumn()
  id!: number;

  @Column({ default: '' })
  name!: string;
}

let serial = 0;

describeDatabases(
  'rows that a policy shows to some',
  (database) => {
    /** The owner, who sees all, and another user, who does not. */
    async function openBoth(): Promise<{ owner: DataSource; reader: DataSource; role: string }> {
      const options = await database.createOptions([Paper]);
      const owner = await connect(options);
      const role = `reader_${process.pid}_${++serial}`;
      await owner.query(`CREATE ROLE ${role} LOGIN`);
      cleanUpLater(() => owner.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
      await owner.query('CREATE TABLE member (paper INT PRIMARY KEY)');
      await owner.query('ALTER TABLE paper ENABLE ROW LEVEL SECURITY');
      await owner.query(
        'CREATE POLICY members ON paper USING (EXISTS (SELECT FROM member WHERE member.paper = paper.id))',
      );
      await owner.query('CREATE VIEW leaf AS SELECT * FROM paper');
      await owner.query(`GRANT SELECT, UPDATE ON paper, member, leaf TO ${role}`);
      const reader = await connect({ ...options, username: role, synchronize: false } as DataSourceOptions);
      return { owner, reader, role };
    }

    const reasons = async (dataSource: DataSource) => [
      (await load(() => dataSource.manager.find(Paper))).blockedBy,
      (await load(() => dataSource.query('SELECT * FROM leaf'))).blockedBy,
      (await load(() => dataSource.query('SELECT * FROM member'))).blockedBy,
    ];

    it('are not kept for them, nor views of them, and all others are', async () => {
      const { owner, reader, role } = await openBoth();
      listen();
      expect(await reasons(reader)).toEqual(['row security', 'row security', undefined]);
      expect(await reasons(owner)).toEqual([undefined, undefined, undefined]);
      await owner.query(`ALTER VIEW leaf OWNER TO ${role}`);
      expect(await reasons(owner)).toEqual([undefined, 'row security', undefined]);
    });

    it('are not kept for them either where the catalogue is read next to a connection that is somebody who sees them', async () => {
      const { owner, reader, role } = await openBoth();
      listen();
      await owner.query(
        `CREATE ROLE all_${role} BYPASSRLS; GRANT SELECT ON member TO all_${role}; GRANT all_${role} TO ${role}`,
      );
      cleanUpLater(() => owner.query(`DROP OWNED BY all_${role}; DROP ROLE all_${role}`));
      const runner = reader.createQueryRunner();
      await runner.query(`SET ROLE all_${role}`);
      await owner.query('CREATE TABLE anything (id INT)');
      await load(() => runner.query('SELECT * FROM member'));
      expect(await reasons(reader)).toEqual(['row security', 'row security', undefined]);
      await runner.query('RESET ROLE');
      await runner.release();
    });

    it('are written like others, one by one', async () => {
      const { reader } = await openBoth();
      const heard = listen();
      await load(() => reader.manager.find(Paper));
      heard.take();
      await reader.manager.update(Paper, 1, { name: 'x' });
      expect(heard.released()).toEqual(['paper', 'paper:1']);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
