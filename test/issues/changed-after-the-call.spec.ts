import { beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, In, type Repository } from 'typeorm';
import { cached, CacheQuery, zooCacheProvider } from '../../lib/index.js';
import { ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { Product, start } from '../nest/application.js';

class Page {
  number = 0;
}

/** What a method knows its arguments by. */
class Order {
  static readonly UP = new Order('ASC');
  static readonly DOWN = new Order('DESC');

  private constructor(readonly name: string) {}
}

class Names {
  constructor(readonly names: string[]) {}

  toJSON(): object {
    return { names: this.names };
  }
}

/** Something that lives, of which only the path is data. */
class Request {
  readonly path = '/products';
  readonly isOwnOf = (other: Request): boolean => other === this;
}

@Injectable()
class Catalog {
  constructor(private readonly dataSource: DataSource) {}

  @CacheQuery('5m')
  byFilter(filter: { page: Page; names: string[] }): Promise<string[]> {
    return this.names(filter.names, filter.page.number);
  }

  @CacheQuery({ ttl: '5m', key: (page: Page) => page.number })
  byKey(page: Page): Promise<string[]> {
    return this.names(['p1', 'p2', 'p3'], page.number);
  }

  @CacheQuery({ ttl: '5m', key: ({ path }: Request) => path })
  async byRequest(request: Request): Promise<boolean> {
    return request.isOwnOf(request);
  }

  @CacheQuery('5m')
  bySet(names: Set<string>): Promise<string[]> {
    return this.names([...names]);
  }

  @CacheQuery('5m')
  byNames({ names }: Names): Promise<string[]> {
    return this.names(names);
  }

  @CacheQuery('5m')
  byBytes(bytes: Buffer): Promise<string[]> {
    return this.names([bytes.toString()]);
  }

  @CacheQuery('5m')
  async isUp(order: Order): Promise<boolean> {
    return order === Order.UP;
  }

  async names(names: string[], skip = 0): Promise<string[]> {
    const found = await this.dataSource
      .getRepository(Product)
      .find({ where: { name: In(names) }, order: { id: 'ASC' }, skip, take: 1 });
    return found.map(({ name }) => name);
  }
}

/** Where others have a say the log is asked first, and what is loaded then is loaded after the call has returned. */
describe('What a call asks with may be changed as soon as the call has returned:', () => {
  let catalog: Catalog;
  let products: Repository<Product>;

  beforeEach(async () => {
    const app = await start({
      options: { storage: 'memory://', bus: new ReferenceBus(new ReferenceLog()) },
      imports: [
        TypeOrmModule.forRoot({
          type: 'sqljs',
          entities: [Product],
          synchronize: true,
          cache: { provider: zooCacheProvider },
        }),
      ],
      providers: [Catalog],
    });
    catalog = app.get(Catalog);
    products = app.get(DataSource).getRepository(Product);
    await products.insert(['p1', 'p2', 'p3'].map((name) => ({ name })));
  });

  /** The names that are found for each of the products, twice. */
  async function asked(ask: (id: number) => Promise<readonly { name: string }[] | { name: string } | null>) {
    const round = async () => {
      const answers = await Promise.all([1, 2, 3].map(ask));
      return answers.map((answer) => [answer].flat().map((product) => product?.name));
    };
    return [await round(), await round()];
  }

  const right = [
    [['p1'], ['p2'], ['p3']],
    [['p1'], ['p2'], ['p3']],
  ];

  it('the conditions, parameters and pages of one query builder', async () => {
    const builder = cached(products).createQueryBuilder('p').orderBy('p.id');
    expect(await asked((id) => builder.where('p.id = :id', { id }).getOne())).toEqual(right);
    const ids: number[] = [];
    const ofList = cached(products).createQueryBuilder('p').where('p.id IN (:...ids)', { ids }).orderBy('p.id');
    expect(
      await asked((id) => {
        ids.splice(0, 1, id);
        return ofList.getMany();
      }),
    ).toEqual(right);
    builder.where('p.id > 0');
    expect(
      await asked((id) =>
        builder
          .skip(id - 1)
          .take(1)
          .getMany(),
      ),
    ).toEqual(right);
    const narrowed = cached(products).createQueryBuilder('p').where('p.id > 0').orderBy('p.id');
    const counts = [1, 2, 3].map((id) => narrowed.andWhere(`p.id >= ${id}`).getCount());
    expect(await Promise.all(counts)).toEqual([3, 2, 1]);
    const sorted = cached(products).createQueryBuilder('p').take(1).where('p.id < 3');
    expect(
      await Promise.all((['ASC', 'DESC'] as const).map((by) => sorted.orderBy('p.id', by).getOne())),
    ).toMatchObject([{ name: 'p1' }, { name: 'p2' }]);
  });

  it('what a query builder selects and loads', async () => {
    const join = () =>
      cached(products).createQueryBuilder('p').leftJoinAndMapOne('p.same', Product, 's', 's.id = p.id');
    const builder = join();
    const found = builder.getMany();
    const sum = builder.select('SUM(p.id)', 'sum').getRawOne();
    await Promise.all([found, sum]);
    expect(await found).toMatchObject(await join().getMany());
    const [first] = await join().getMany();
    expect(first).toMatchObject({ name: 'p1', same: { name: 'p1' } });
  });

  it('find options and what is in them', async () => {
    const options = { where: { name: '' }, order: { id: 'ASC' as const } };
    const find = (id: number): Promise<Product[]> => {
      options.where.name = `p${id}`;
      return cached(products).find(options);
    };
    expect(await asked(find)).toEqual(right);
    const row = { id: 0 };
    expect(await asked((id) => cached(products).findOneBy(Object.assign(row, { id })))).toEqual(right);
    const names: string[] = [];
    const where = { name: In(names) };
    const findByList = (id: number): Promise<Product[]> => {
      names.splice(0, 1, `p${id}`);
      return cached(products).find({ where });
    };
    expect(await asked(findByList)).toEqual(right);
  });

  it("the conditions of a builder that asks TypeORM's cache", async () => {
    const builder = products.createQueryBuilder('p').cache(60_000);
    expect(await asked((id) => builder.where('p.id = :id', { id }).getMany())).toEqual(right);
  });

  it('the arguments of a method', async () => {
    const filter = { page: new Page(), names: ['p1', 'p2', 'p3'] };
    const name = async (answer: Promise<string[]>): Promise<{ name: string }[]> => [{ name: (await answer)[0] }];
    const turn = (id: number): Page => Object.assign(filter.page, { number: id - 1 });
    expect(await asked((id) => name(catalog.byFilter((turn(id), filter))))).toEqual(right);
    expect(await asked((id) => name(catalog.byKey(turn(id))))).toEqual(right);
  });

  it('arguments that are no plain data', async () => {
    const name = async (answer: Promise<string[]>): Promise<{ name: string }[]> => [{ name: (await answer)[0] }];
    const set = new Set<string>();
    const turn = (id: number): Set<string> => (set.clear(), set.add(`p${id}`));
    expect(await asked((id) => name(catalog.bySet(turn(id))))).toEqual(right);
    const names = new Names(['']);
    expect(await asked((id) => name(catalog.byNames((names.names.splice(0, 1, `p${id}`), names))))).toEqual(right);
    const bytes = Buffer.from('p0');
    expect(await asked((id) => name(catalog.byBytes((bytes.write(`p${id}`), bytes))))).toEqual(right);
  });

  it('but what was not changed is what was given', async () => {
    expect(await Promise.all([catalog.isUp(Order.UP), catalog.isUp(Order.DOWN)])).toEqual([true, false]);
  });

  it('but what is no data is handed over as it is', async () => {
    expect(await catalog.byRequest(new Request())).toBe(true);
  });
});
