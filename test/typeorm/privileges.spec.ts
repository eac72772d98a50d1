import { expect, it } from '@jest/globals';
import type { DataSourceOptions } from 'typeorm';
import { cleanUpLater } from '../support/clean-up.js';
import { connect, describeDatabases } from '../support/databases.js';
import { listen, load } from './hearing.js';
import { Author, shop } from './shop.entities.js';

describeDatabases(
  'a user whose rights are taken away',
  (database) => {
    it('still updates as far as they go, because nothing is asked for that they do not let be seen', async () => {
      const options = await database.createOptions(shop);
      const owner = await connect(options);
      const role = `writer_${process.pid}`;
      await owner.query(`CREATE ROLE ${role} LOGIN`);
      cleanUpLater(() => owner.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
      await owner.query(`GRANT SELECT, UPDATE ON author TO ${role}`);
      await owner.manager.insert(Author, [{ name: 'Ann' }, { name: 'Bob' }]);
      const writer = await connect({ ...options, username: role, synchronize: false } as DataSourceOptions);
      const heard = listen();
      await load(() => owner.query("SELECT * FROM author WHERE name = 'Cyd'"));
      const update = async (from: string, to: string) => {
        heard.take();
        await writer.query(`UPDATE author SET name = '${to}' WHERE name = '${from}'`);
        return heard.released();
      };
      expect(await update('Ann', 'Cyd')).toEqual(['author', 'author:1']);
      await owner.query(`REVOKE SELECT ON author FROM ${role}`);
      await owner.query(`GRANT SELECT (name) ON author TO ${role}`);
      // There what is refused takes the whole transaction along.
      await writer.transaction((inside) => inside.query(`UPDATE author SET name = 'Cy' WHERE name = 'Cyd'`));
      expect(await update('Cy', 'Dan')).toEqual(['author', 'author:*']);
      await owner.query(`GRANT SELECT ON author TO ${role}`);
      expect(await update('Dan', 'Eve')).toEqual(['author', 'author:1']);
      // By somebody whom nobody hears.
      const { master } = owner.driver as unknown as { readonly master: { query(text: string): Promise<unknown> } };
      await master.query(`REVOKE SELECT ON author FROM ${role}`);
      await master.query(`GRANT SELECT (name) ON author TO ${role}`);
      expect(await update('Eve', 'Flo')).toContain('author:*');
      expect(await owner.manager.countBy(Author, { name: 'Flo' })).toBe(1);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
