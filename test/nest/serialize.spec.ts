import { Injectable } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { CacheQuery, ZooCacheService, type SwallowedFailure, type ZooCacheOptions } from '../../lib/index.js';
import { Account, Author, Cat, Dog, Money, Post, entities } from '../typeorm/entity-shape.entities.js';
import { Product, start } from './application.js';

class Rate {
  readonly #percent: number;
  constructor(percent: number) {
    this.#percent = percent;
  }
  get percent() {
    return this.#percent;
  }
}

@Injectable()
class Library {
  loads = 0;

  constructor(private readonly dataSource: DataSource) {}

  @CacheQuery('1h')
  ada(): Promise<Author> {
    this.loads++;
    return this.dataSource.manager.findOneOrFail(Author, {
      where: { name: 'Ada' },
      relations: { mentor: true, animals: true },
      order: { animals: { id: 'ASC' } },
    });
  }

  @CacheQuery('1h')
  account(): Promise<Account> {
    this.loads++;
    return this.dataSource.manager.findOneOrFail(Account, { where: {} });
  }

  @CacheQuery('1h')
  async rates(): Promise<Rate[]> {
    this.loads++;
    return [new Rate(19)];
  }

  @CacheQuery('1h')
  async texts(count: number): Promise<string[]> {
    this.loads++;
    return Array.from({ length: count }, (_, at) => `the text with the number ${at}`);
  }
}

async function open(options: ZooCacheOptions) {
  const database = TypeOrmModule.forRoot({ type: 'sqljs', entities: [Product, ...entities], synchronize: true });
  const app = await start({
    options: { storage: 'memory://?serialize=true', ...options },
    imports: [database],
    providers: [Library],
  });
  const { manager } = app.get<DataSource>(getDataSourceToken());
  const mentor = await manager.save(manager.create(Author, { name: 'Mentor', address: {} }));
  const author = await manager.save(
    manager.create(Author, {
      name: 'Ada',
      mentor,
      photo: Buffer.from([1, 2, 3]),
      balance: 12_345_678_901_234_567_890n,
      income: new Money('12.50', 'EUR'),
      visits: new Map([['at', new Date('2024-01-02T03:04:05.678Z')]]),
      address: { street: 'High St', city: 'Town', point: { latitude: 1.5 } },
    }),
  );
  await manager.query('INSERT INTO post (title, authorId) VALUES (?, ?)', ['First', author.id]);
  await manager.save(manager.create(Dog, { name: 'Rex', breed: 'Collie', owner: author }));
  await manager.save(manager.create(Cat, { name: 'Tom', lives: 9, owner: author }));
  await manager.save(Object.assign(new Account(), { holder: 'Ada Byron', pin: '1815', rating: { stars: 5 } }));
  return { app, manager, library: app.get(Library), cache: app.get(ZooCacheService) };
}

describe("An application on 'memory://?serialize=true'", () => {
  it('answers with entities of their classes, equal to those of the database and never those of another caller', async () => {
    const { library, manager } = await open({});
    const loaded = await library.ada();
    const [first, second] = [await library.ada(), await library.ada()];

    expect(library.loads).toBe(1);
    expect(first).toBeInstanceOf(Author);
    expect(first).toStrictEqual(loaded);
    expect(first.animals.map((animal) => animal.constructor)).toEqual([Dog, Cat]);
    expect([first.income!.written, first.balance, first.shouted]).toEqual([
      '12.50 EUR',
      12_345_678_901_234_567_890n,
      'ADA',
    ]);
    first.animals.length = 0;
    first.photo!.fill(0);
    first.mentor!.name = 'changed';
    expect(second).toStrictEqual(loaded);
    expect(await library.ada()).toStrictEqual(loaded);
    expect((await (await library.ada()).posts).map((post: Post) => post.title)).toEqual(['First']);
    expect(await manager.countBy(Author, { name: 'changed' })).toBe(0);
  });

  it('gives entities that can be saved, merged and removed, which invalidates them', async () => {
    const { library, manager } = await open({});
    await library.ada();
    const ada = await library.ada();
    manager.merge(Author, ada, { address: { city: 'City' } });
    await manager.save(ada);
    expect((await library.ada()).address.city).toBe('City');
    expect(library.loads).toBe(2);

    const dog = (await library.ada()).animals[0];
    await manager.remove(dog);
    expect((await library.ada()).animals.map(({ name }) => name)).toEqual(['Tom']);

    await library.account();
    const account = await library.account();
    account.pin = '1852';
    await manager.save(account);
    expect([(await library.account()).pin, (await library.account()).initials]).toEqual(['1852', 'AB']);
  });

  it('returns what bytes cannot hold uncached, and reports it with the way out', async () => {
    const failures: SwallowedFailure[] = [];
    const { library, cache } = await open({ onError: (failure) => void failures.push(failure) });
    expect((await library.rates())[0].percent).toBe(19);
    expect((await library.rates())[0].percent).toBe(19);

    expect(library.loads).toBe(2);
    expect(cache.stats().errors).toBe(2);
    expect(failures[0].error).toMatchObject({ code: 'UNENCODABLE_VALUE' });
    expect((failures[0].error as Error).message).toMatch(/Rate.*result\[0\].*`classes`/);
  });

  it('knows the classes that the application names', async () => {
    const { library } = await open({
      classes: {
        Rate: { type: Rate, write: (rate: Rate) => rate.percent, read: (percent: number) => new Rate(percent) },
      },
    });
    await library.rates();
    const [rate] = await library.rates();
    expect([rate instanceof Rate, rate.percent, library.loads]).toEqual([true, 19, 1]);
  });

  it('counts the bytes it keeps, compressed where that pays, and gives no frozen values', async () => {
    const { library, cache } = await open({ copy: 'freeze' });
    await library.texts(10);
    const small = cache.stats().bytes;
    await library.texts(10_000);
    expect(small).toBeLessThan(2_000);
    expect(cache.stats().bytes - small).toBeLessThan(150_000);
    const texts = await library.texts(10);
    texts.push('mine');
    expect(await library.texts(10)).toHaveLength(10);
    expect(library.loads).toBe(2);
  });

  it('counts with increment() and keeps what set() was given', async () => {
    const { cache } = await open({});
    expect([await cache.increment('n'), await cache.increment('n', 5), await cache.decrement('n')]).toEqual([1, 6, 5]);
    await cache.set('map', new Map([[1, new Date(5)]]));
    expect(await cache.get('map')).toStrictEqual(new Map([[1, new Date(5)]]));
    expect(await cache.pop('map')).toStrictEqual(new Map([[1, new Date(5)]]));
  });

  it.each([
    ['a list', []],
    ['no class', { Rate: {} }],
    ['a class twice', { A: Rate, B: Rate }],
  ])('does not start with classes that are %s', async (_, classes) => {
    await expect(start({ options: { classes: classes as never } })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
