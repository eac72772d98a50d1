import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import type { ZooCacheOptions } from 'nestjs-zoocache';
import { Repository, type DataSourceOptions } from 'typeorm';
import { AsyncLocalStorage } from 'node:async_hooks';
import { offer } from '../harness/arm.js';
import { Product } from './entities.js';
import { productLike } from './shop.js';

/** One side of a comparison: the same application on PostgreSQL with the module installed, or without. */
const [mode, options, cache = '{}'] = process.argv.slice(2);
const isInstalled = mode === 'installed';
// On Node 20 an AsyncLocalStorage in use makes every await of the process slower, whoever uses it. The module uses one,
// and so do most applications; the side without the module gets one too, so that the module's own work is what differs.
if (!isInstalled) new AsyncLocalStorage().run({}, () => undefined);
const { CacheQuery, ZooCacheModule } = await import('nestjs-zoocache');

@Injectable()
class Catalog {
  constructor(@InjectRepository(Product) readonly products: Repository<Product>) {}

  plain(id: number): Promise<Product | null> {
    return this.products.findOneBy({ id });
  }

  /** The second argument makes every call another key, so each one is a miss. */
  cached(id: number, _call: number): Promise<Product | null> {
    return this.products.findOneBy({ id });
  }
}
if (isInstalled) {
  const method = Object.getOwnPropertyDescriptor(Catalog.prototype, 'cached')!;
  CacheQuery('1h')(Catalog.prototype, 'cached', method);
  Object.defineProperty(Catalog.prototype, 'cached', method);
}

@Module({
  imports: [
    ...(isInstalled ? [ZooCacheModule.forRoot(JSON.parse(cache) as ZooCacheOptions)] : []),
    TypeOrmModule.forRoot({ ...(JSON.parse(options) as DataSourceOptions), entities: [Product] }),
    TypeOrmModule.forFeature([Product]),
  ],
  providers: [Catalog],
})
class ShopModule {}

const app = await NestFactory.createApplicationContext(ShopModule, { logger: ['error'] });
const catalog = app.get(Catalog);
const [product] = await catalog.products.save([catalog.products.create(productLike(1))]);
let serial = 0;

offer({
  async read(count) {
    for (let i = 0; i < count; i++) await catalog.plain(product.id);
  },
  async cached(count) {
    for (let i = 0; i < count; i++) await catalog.cached(product.id, serial++);
  },
  async save(count) {
    for (let i = 0; i < count; i++) {
      product.stock = serial++;
      await catalog.products.save(product);
    }
  },
});
