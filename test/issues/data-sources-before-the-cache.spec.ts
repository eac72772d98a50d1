import { expect, it } from '@jest/globals';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CacheQuery, ZooCacheService } from '../../lib/index.js';
import { Product, start } from '../nest/application.js';

class Archive {
  @CacheQuery({ dependsOn: [Product] })
  count(): Promise<number> {
    return Promise.resolve(0);
  }
}

it('a DataSource that was initialised before the module was made is known when the application starts', async () => {
  const dataSource = new DataSource({ type: 'sqljs', entities: [Product], synchronize: true });
  await dataSource.initialize();
  const database = TypeOrmModule.forRootAsync({
    useFactory: () => ({ ...dataSource.options }),
    dataSourceFactory: () => Promise.resolve(dataSource),
  });
  const app = await start({ imports: [database], providers: [Archive] });
  const archive = app.get(Archive);
  await archive.count();
  await archive.count();
  await dataSource.getRepository(Product).insert({ name: 'new' });
  await archive.count();
  expect(app.get(ZooCacheService).stats()).toMatchObject({ hits: 1, loads: 2 });
});
