import { Injectable, Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { CacheQuery, ZooCacheModule, ZooCacheService, type ZooCacheOptions } from 'nestjs-zoocache';
import { DataSource, Repository, type EntityManager, type FindManyOptions } from 'typeorm';
import { Author, Comment, ENTITIES, Post, Product, Tag } from './entities.js';

@Injectable()
export class Catalog {
  constructor(
    @InjectRepository(Product) readonly products: Repository<Product>,
    @InjectRepository(Post) readonly posts: Repository<Post>,
    private readonly zooCache: ZooCacheService,
  ) {}

  @CacheQuery('1h')
  byId(id: number): Promise<Product | null> {
    this.zooCache.addTags('catalogue', 'products:all');
    return this.products.findOneBy({ id });
  }

  @CacheQuery('1h')
  find(options: FindManyOptions<Product>): Promise<Product[]> {
    return this.products.find(options);
  }

  @CacheQuery('1h')
  newest(count: number): Promise<Post[]> {
    return this.posts.find({
      relations: { author: true, tags: true, comments: true },
      order: { id: 'DESC' },
      take: count,
    });
  }
}

@Module({})
class ShopModule {
  static over(options: ZooCacheOptions): DynamicModule {
    return {
      module: ShopModule,
      imports: [
        ZooCacheModule.forRoot(options),
        TypeOrmModule.forRoot({ type: 'sqljs', entities: ENTITIES, synchronize: true }),
        TypeOrmModule.forFeature(ENTITIES),
      ],
      providers: [Catalog],
    };
  }
}

/** A shop on an embedded database: 100 products and 100 posts with everything around them. */
export async function openShop(options: ZooCacheOptions = {}): Promise<INestApplicationContext> {
  const app = await NestFactory.createApplicationContext(ShopModule.over(options), { logger: ['error'] });
  await fillShop(app.get(DataSource).manager);
  return app;
}

/** The day on which the first post was written. */
const FIRST_DAY = Date.UTC(2026, 0, 1);
const HOUR = 60 * 60 * 1000;

/**
 * 100 products and 100 posts, each of which has an author, three tags and two comments: 700 objects, 500 Dates, some 65 KB
 * of JSON. They were written on different days, as those of an application are.
 */
export async function fillShop(manager: EntityManager): Promise<void> {
  await manager.save(Array.from({ length: 100 }, (_, i) => manager.create(Product, productLike(i))));
  const authors = await manager.save(
    Array.from({ length: 10 }, (_, i) =>
      manager.create(Author, { name: `Author ${i}`, email: `a${i}@example.org`, createdAt: hoursLater(-i) }),
    ),
  );
  const tags = await manager.save(Array.from({ length: 10 }, (_, i) => manager.create(Tag, { name: `tag ${i}` })));
  for (let i = 0; i < 100; i++) {
    const post = await manager.save(
      manager.create(Post, {
        title: `Post number ${i}`,
        body: 'Lorem ipsum dolor sit amet, consectetur adipiscing elit. '.repeat(3),
        views: i,
        createdAt: hoursLater(24 * i),
        updatedAt: hoursLater(24 * i + 5),
        author: authors[i % 10],
        tags: [0, 1, 2].map((step) => tags[(i + step) % 10]),
      }),
    );
    await manager.save(
      [0, 1].map((n) =>
        manager.create(Comment, { text: `Comment ${n} on post ${i}`, createdAt: hoursLater(24 * i + n + 1), post }),
      ),
    );
  }
}

function hoursLater(hours: number): Date {
  return new Date(FIRST_DAY + hours * HOUR);
}

export function productLike(i: number): Partial<Product> {
  return {
    name: `Product ${i}`,
    category: `category ${i % 7}`,
    price: i * 1.25,
    stock: i,
    isActive: true,
    description: 'A thing that somebody may want to buy.',
    sku: `SKU-${i}`,
  };
}
