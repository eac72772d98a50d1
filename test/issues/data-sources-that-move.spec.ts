import { expect, it } from '@jest/globals';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ZooCacheService } from '../../lib/index.js';
import { Product, start } from '../nest/application.js';
import { connect, describeDatabases } from '../support/databases.js';

describeDatabases(
  'A DataSource that is initialised again, with another database',
  (database) => {
    it('answers from that one, and hears what others write there', async () => {
      const [here, there] = [await database.createOptions([Product]), await database.createOptions([Product])];
      const app = await start({ imports: [TypeOrmModule.forRoot(here)] });
      const dataSource = app.get(DataSource);
      const other = await connect(there);
      const count = (): Promise<number> =>
        app.get(ZooCacheService).getOrLoad('products', () => dataSource.getRepository(Product).count());
      await other.getRepository(Product).insert({ name: 'there' });
      expect(await count()).toBe(0);

      await dataSource.destroy();
      dataSource.setOptions({ database: there.database } as never);
      await dataSource.initialize();
      expect(await count()).toBe(1);
      await other.getRepository(Product).insert({ name: 'there as well' });
      expect(await count()).toBe(2);
    });
  },
  { only: ({ variant }) => variant === 'postgres' || variant === 'better-sqlite3' },
);
