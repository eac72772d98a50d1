import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Param, SetMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CacheQuery, ZooCacheError, ZooCacheModule, ZooCacheService } from '../../lib/index.js';
import { freshDirectory } from '../support/lmdb.js';
import { KeptLog, start, times } from './application.js';

/** Counts the calls that reached a method. */
class Counting {
  calls = 0;

  protected answer<T>(value: T): Promise<T> {
    this.calls++;
    return Promise.resolve(value);
  }
}

describe('A decorated method of a provider', () => {
  it('is called once for one answer, and counted', async () => {
    @Injectable()
    class Catalog extends Counting {
      @CacheQuery('5m')
      byId(id: number) {
        return this.answer({ id });
      }
    }
    const app = await start({ providers: [Catalog] });
    const catalog = app.get(Catalog);

    expect(await catalog.byId(1)).toEqual({ id: 1 });
    expect(await catalog.byId(1)).toEqual({ id: 1 });
    expect(await catalog.byId(2)).toEqual({ id: 2 });

    expect(catalog.calls).toBe(2);
    expect(app.get(ZooCacheService).stats()).toMatchObject({
      hits: 1,
      misses: 2,
      loads: 2,
      fills: 2,
      entries: 2,
      byName: { 'Catalog.byId': { hits: 1, misses: 2, loads: 2, fills: 2 } },
    });
  });

  it('keeps every kind of value apart from no value', async () => {
    @Injectable()
    class Values extends Counting {
      @CacheQuery()
      same(value: unknown) {
        return this.answer(value);
      }
    }
    const values = (await start({ providers: [Values] })).get(Values);
    for (const value of [null, undefined, false, 0, '', -0, Number.NaN]) {
      expect(await values.same(value)).toBe(value);
      expect(await values.same(value)).toBe(value);
    }
    expect(values.calls).toBe(7);
  });

  it('hands out private copies, so nobody changes what another gets', async () => {
    @Injectable()
    class Catalog extends Counting {
      @CacheQuery()
      first() {
        return this.answer({ name: 'Zebra', tags: ['a'] });
      }
    }
    const catalog = (await start({ providers: [Catalog] })).get(Catalog);
    const loaded = await catalog.first();
    loaded.tags.push('mine');
    const hit = await catalog.first();
    hit.name = 'Changed';
    expect(await catalog.first()).toEqual({ name: 'Zebra', tags: ['a'] });
    expect(catalog.calls).toBe(1);
  });

  it('returns a promise for a plain value, because the cache may have to wait for one', async () => {
    @Injectable()
    class Plain {
      calls = 0;

      @CacheQuery()
      answer(): number {
        return ++this.calls;
      }
    }
    const plain = (await start({ providers: [Plain] })).get(Plain);
    const answer = plain.answer() as unknown as Promise<number>;
    expect(answer).toBeInstanceOf(Promise);
    expect([await answer, await (plain.answer() as unknown as Promise<number>)]).toEqual([1, 1]);
  });

  it('stores no errors, be they thrown or rejected', async () => {
    @Injectable()
    class Failing {
      calls = 0;

      @CacheQuery()
      reject(): Promise<number> {
        return this.calls++ === 0 ? Promise.reject(new Error('rejected')) : Promise.resolve(this.calls);
      }

      @CacheQuery()
      throw(): Promise<number> {
        if (this.calls++ < 3) throw new Error('thrown');
        return Promise.resolve(this.calls);
      }
    }
    const failing = (await start({ providers: [Failing] })).get(Failing);
    await expect(failing.reject()).rejects.toThrow('rejected');
    expect(await failing.reject()).toBe(2);
    await expect(failing.throw()).rejects.toThrow('thrown');
    expect(await failing.throw()).toBe(4);
  });

  it('loads once for a thousand callers of a cold key', async () => {
    @Injectable()
    class Slow extends Counting {
      release!: () => void;
      private readonly gate = new Promise<void>((resolve) => (this.release = resolve));

      @CacheQuery()
      async one() {
        await this.gate;
        return this.answer(1);
      }
    }
    const slow = (await start({ providers: [Slow] })).get(Slow);
    const answers = Promise.all(Array.from({ length: 1_000 }, () => slow.one()));
    slow.release();
    expect(new Set(await answers)).toEqual(new Set([1]));
    expect(slow.calls).toBe(1);
  });

  it('rejects with the argument that cannot be encoded and the way out, whatever the method returns', async () => {
    @Injectable()
    class Catalog extends Counting {
      @CacheQuery()
      matching(filter: (id: number) => boolean) {
        return this.answer(filter(1));
      }
    }
    const catalog = (await start({ providers: [Catalog] })).get(Catalog);
    const error = await catalog.matching(() => true).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ZooCacheError);
    const message = expect.stringContaining('argument 1 of Catalog.matching: a function. Give `key:') as never;
    expect(error).toMatchObject({ code: 'INVALID_KEY', message });
    expect(catalog.calls).toBe(0);
  });

  it.each(['key', 'vary'])('rejects with the option that returned what cannot be encoded: %s', async (option) => {
    @Injectable()
    class Catalog extends Counting {
      @CacheQuery({ [option]: () => Promise.resolve('a') })
      all() {
        return this.answer(1);
      }
    }
    const catalog = (await start({ providers: [Catalog] })).get(Catalog);
    await expect(catalog.all()).rejects.toMatchObject({
      code: 'INVALID_KEY',
      subject: `${option} of @CacheQuery on Catalog.all: a promise`,
      message: expect.stringMatching(/^An option returned .* Let it return what tells/),
    });
  });

  it('looks like the method it replaces, so that other decorators and Nest find what they look for', async () => {
    @Injectable()
    class Catalog {
      @SetMetadata('above', 1)
      @CacheQuery()
      @SetMetadata('below', 2)
      byId(id: number, _options?: object) {
        return Promise.resolve(id);
      }
    }
    const { byId } = Catalog.prototype;
    expect([byId.name, byId.length]).toEqual(['byId', 2]);
    expect([Reflect.getMetadata('above', byId), Reflect.getMetadata('below', byId)]).toEqual([1, 2]);
  });

  it('shows nothing of the cache on its instance, because instances are compared and logged', async () => {
    @Injectable()
    class Catalog {
      @CacheQuery()
      one() {
        return Promise.resolve(1);
      }
    }
    const catalog = (await start({ providers: [Catalog] })).get(Catalog);
    await catalog.one();
    expect(catalog).toEqual(new Catalog());
    expect(Reflect.ownKeys(Object.assign({}, catalog))).toEqual([]);
  });

  it('is simply called on an instance that Nest did not make', async () => {
    class Catalog extends Counting {
      @CacheQuery()
      one() {
        return this.answer(1);
      }
    }
    const catalog = new Catalog();
    expect([await catalog.one(), await catalog.one()]).toEqual([1, 1]);
    expect(catalog.calls).toBe(2);
    const { one } = { one: new Catalog().one };
    expect(() => one()).toThrow(TypeError);
  });

  it('calls itself and others through the cache too', async () => {
    @Injectable()
    class Catalog extends Counting {
      @CacheQuery()
      inner() {
        return this.answer(1);
      }

      @CacheQuery()
      async outer() {
        return [await this.inner(), await this.inner()];
      }
    }
    const catalog = (await start({ providers: [Catalog] })).get(Catalog);
    expect(await catalog.outer()).toEqual([1, 1]);
    expect(catalog.calls).toBe(1);
  });

  it('works with a symbol for a name, and keeps two symbols of one description apart', async () => {
    const [one, two] = [Symbol('answer'), Symbol('answer')];
    @Injectable()
    class Catalog {
      @CacheQuery()
      [one]() {
        return Promise.resolve(1);
      }

      @CacheQuery()
      [two]() {
        return Promise.resolve(2);
      }
    }
    const catalog = (await start({ providers: [Catalog] })).get(Catalog);
    expect([await catalog[one](), await catalog[two](), await catalog[one]()]).toEqual([1, 2, 1]);
  });

  it('shares nothing with other processes under a symbol, which is told from others by a number that means something here', async () => {
    const name = Symbol('answer');
    let calls = 0;
    @Injectable()
    class Catalog {
      @CacheQuery()
      [name]() {
        return Promise.resolve(++calls);
      }
    }
    const imports = [ZooCacheModule.forRoot(`lmdb:${freshDirectory()}`)];
    const answers: number[] = [];
    for (let time = 0; time < 2; time++) {
      const app = await Test.createTestingModule({ imports, providers: [Catalog] })
        .setLogger(new KeptLog())
        .compile();
      await app.init();
      answers.push(await app.get(Catalog)[name](), await app.get(Catalog)[name]());
      // When it is closed all is stored.
      await app.close();
    }
    expect(answers).toEqual([1, 1, 2, 2]);
  });

  it('works on controllers, below and above the decorator of the route', async () => {
    @Controller('zoo')
    class ZooController extends Counting {
      @Get('above/:id')
      @CacheQuery()
      below(@Param('id') id: string) {
        return this.answer(`below ${id}`);
      }

      @CacheQuery()
      @Get('below/:id')
      above(@Param('id') id: string) {
        return this.answer(`above ${id}`);
      }
    }
    const app = await start({ controllers: [ZooController] });
    const { default: supertest } = await import('supertest');
    const http = supertest(app.getHttpServer());
    await times(2, async () => {
      expect((await http.get('/zoo/above/7')).text).toBe('below 7');
      expect((await http.get('/zoo/below/7')).text).toBe('above 7');
    });
    expect(app.get(ZooController).calls).toBe(2);
  });
});

describe('Classes and their methods', () => {
  @Injectable()
  class Base extends Counting {
    kind = 'base';

    @CacheQuery()
    name(suffix: string): Promise<string> {
      return this.answer(this.kind + suffix);
    }
  }

  @Injectable()
  class Inheriting extends Base {
    override kind = 'inheriting';
  }

  @Injectable()
  class Overriding extends Base {
    override kind = 'overriding';

    @CacheQuery()
    override async name(suffix: string): Promise<string> {
      return `${await super.name(suffix)} (${this.kind})`;
    }
  }

  it('answer for their concrete class, so a subclass never gets what its base answered', async () => {
    const app = await start({ providers: [Base, Inheriting, Overriding] });
    await times(2, async () => {
      expect(await app.get(Base).name('!')).toBe('base!');
      expect(await app.get(Inheriting).name('!')).toBe('inheriting!');
      expect(await app.get(Overriding).name('!')).toBe('overriding! (overriding)');
    });
    expect(app.get(Overriding).calls).toBe(1);
    expect(Object.keys(app.get(ZooCacheService).stats().byName)).toEqual(
      expect.arrayContaining(['Base.name', 'Inheriting.name', 'Overriding.name', 'Overriding.Base.name']),
    );
  });

  it('do not share answers because they share a name', async () => {
    const make = (answer: number) => {
      @Injectable()
      class Catalog {
        @CacheQuery()
        one() {
          return Promise.resolve(answer);
        }
      }
      return Catalog;
    };
    const [First, Second] = [make(1), make(2)];
    const app = await start({ providers: [First, Second] });
    expect([await app.get(First).one(), await app.get(Second).one()]).toEqual([1, 2]);
    expect([await app.get(First).one(), await app.get(Second).one()]).toEqual([1, 2]);
  });
});

describe('The options of @CacheQuery', () => {
  it('let `key` say what tells calls apart, with the instance for `this`', async () => {
    @Injectable()
    class Catalog extends Counting {
      language = 'de';

      @CacheQuery({
        key(this: Catalog, id: number) {
          return [this.language, id];
        },
      })
      byId(id: number, _log: () => void) {
        return this.answer(`${this.language} ${id}`);
      }
    }
    const catalog = (await start({ providers: [Catalog] })).get(Catalog);
    const log = () => undefined;
    await catalog.byId(1, log);
    await catalog.byId(1, () => undefined);
    expect(catalog.calls).toBe(1);
    catalog.language = 'fr';
    expect(await catalog.byId(1, log)).toBe('fr 1');
  });

  it('mix `vary` into the key', async () => {
    let tenant = 'a';
    @Injectable()
    class Catalog extends Counting {
      @CacheQuery({ vary: () => tenant })
      all() {
        return this.answer(tenant);
      }
    }
    const catalog = (await start({ providers: [Catalog] })).get(Catalog);
    expect(await catalog.all()).toBe('a');
    tenant = 'b';
    expect(await catalog.all()).toBe('b');
    tenant = 'a';
    expect(await catalog.all()).toBe('a');
    expect(catalog.calls).toBe(2);
  });

  it('make the answer depend on `tags`, listed or computed from the result and the arguments', async () => {
    @Injectable()
    class Reports extends Counting {
      @CacheQuery({ tags: ['reports:daily'] })
      daily() {
        return this.answer('daily');
      }

      @CacheQuery({ tags: (result: { id: number }, region: string) => [`reports:${region}`, `report:${result.id}`] })
      of(region: string) {
        return this.answer({ id: 7, region });
      }
    }
    const app = await start({ providers: [Reports] });
    const [reports, cache] = [app.get(Reports), app.get(ZooCacheService)];
    await reports.daily();
    await reports.of('north');
    await reports.of('south');

    await cache.invalidate('reports:north');
    await reports.daily();
    await reports.of('south');
    expect(reports.calls).toBe(3);
    await reports.of('north');
    expect(reports.calls).toBe(4);

    await cache.invalidate('report:7');
    await reports.of('north');
    await reports.of('south');
    expect(reports.calls).toBe(6);

    await cache.invalidate('reports');
    await reports.daily();
    expect(reports.calls).toBe(7);
  });

  it('take a text that `tags` returns for one tag, and not for a list of letters', async () => {
    @Injectable()
    class Reports extends Counting {
      @CacheQuery({ tags: () => 'reports:daily' })
      daily() {
        return this.answer('daily');
      }
    }
    const app = await start({ providers: [Reports] });
    const [reports, cache] = [app.get(Reports), app.get(ZooCacheService)];
    await times(2, async () => void (await reports.daily()));
    expect(reports.calls).toBe(1);
    await cache.invalidate('reports');
    await reports.daily();
    expect(reports.calls).toBe(2);
  });

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['a number', () => 5],
    ['a Set', () => new Set(['reports'])],
    ['a promise', () => Promise.resolve(['reports'])],
    ['a promise that rejects, of which nobody else hears', () => Promise.reject(new Error('no'))],
  ])('keep no answer for which `tags` returns %s, and say why', async (_, tags) => {
    @Injectable()
    class Reports extends Counting {
      @CacheQuery({ tags: tags as never })
      daily() {
        return this.answer('daily');
      }
    }
    const heard: unknown[] = [];
    const app = await start({ providers: [Reports], options: { onError: ({ error }) => heard.push(error) } });
    const reports = app.get(Reports);
    expect([await reports.daily(), await reports.daily()]).toEqual(['daily', 'daily']);
    expect(reports.calls).toBe(2);
    const expected = {
      code: 'INVALID_OPTION',
      message: expect.stringMatching(
        /@CacheQuery on Reports\.daily cannot use .*: tags\. It must return a list of tags.*not a promise/,
      ),
    };
    expect(heard).toEqual([expect.objectContaining(expected), expect.objectContaining(expected)]);
  });

  it('keep nothing that `unless` refuses', async () => {
    @Injectable()
    class Catalog extends Counting {
      @CacheQuery({ unless: (result: unknown) => result === null })
      find(id: number) {
        return this.answer(id === 0 ? null : id);
      }
    }
    const catalog = (await start({ providers: [Catalog] })).get(Catalog);
    for (const id of [0, 0, 1, 1]) await catalog.find(id);
    expect(catalog.calls).toBe(3);
  });

  it.each<[string, () => unknown]>([
    ['resolves', () => Promise.resolve(false)],
    ['rejects, of which nobody else hears', () => Promise.reject(new Error('no'))],
  ])('keep no result for which `unless` returns a promise that %s, and say why', async (_, unless) => {
    @Injectable()
    class Catalog extends Counting {
      @CacheQuery({ unless: unless as never })
      find() {
        return this.answer(7);
      }
    }
    const heard: unknown[] = [];
    const app = await start({ providers: [Catalog], options: { onError: ({ error }) => heard.push(error) } });
    const catalog = app.get(Catalog);
    expect([await catalog.find(), await catalog.find()]).toEqual([7, 7]);
    expect(catalog.calls).toBe(2);
    expect(app.get(ZooCacheService).stats().bypasses).toEqual({ 'not storable': 2 });
    const message = expect.stringMatching(
      /@CacheQuery on Catalog\.find cannot use .*: unless\. It must return true or false, and not a promise/,
    );
    expect(heard[0]).toMatchObject({ code: 'INVALID_OPTION', message });
  });

  it('keep no result that is made of one whose `tags` fail', async () => {
    @Injectable()
    class Catalog extends Counting {
      @CacheQuery({ tags: () => 5 as never })
      find() {
        return this.answer(7);
      }

      @CacheQuery()
      double() {
        return this.find().then((found) => 2 * found);
      }
    }
    const app = await start({ providers: [Catalog], options: { onError: () => undefined } });
    const catalog = app.get(Catalog);
    expect([await catalog.double(), await catalog.double()]).toEqual([14, 14]);
    expect(catalog.calls).toBe(2);
  });

  it('count methods of one `name` together', async () => {
    @Injectable()
    class Catalog {
      @CacheQuery({ name: 'catalog' })
      one() {
        return Promise.resolve(1);
      }

      @CacheQuery({ name: 'catalog' })
      two() {
        return Promise.resolve(2);
      }
    }
    const app = await start({ providers: [Catalog] });
    expect([await app.get(Catalog).one(), await app.get(Catalog).two(), await app.get(Catalog).one()]).toEqual([
      1, 2, 1,
    ]);
    expect(app.get(ZooCacheService).stats().byName.catalog).toEqual({ hits: 1, misses: 2, loads: 2, fills: 2 });
  });

  it('cache nothing with a `ttl` of 0, and everything until further notice with null', async () => {
    @Injectable()
    class Catalog extends Counting {
      @CacheQuery(0)
      never() {
        return this.answer(1);
      }

      @CacheQuery(null)
      always() {
        return this.answer(2);
      }
    }
    const app = await start({ providers: [Catalog] });
    const catalog = app.get(Catalog);
    await times(2, async () => {
      await catalog.never();
    });
    expect(catalog.calls).toBe(2);
    await times(2, async () => {
      await catalog.always();
    });
    expect(catalog.calls).toBe(3);
    expect(app.get(ZooCacheService).stats().bypasses).toEqual({ 'ttl 0': 2 });
  });

  it.each<[string, unknown, string, RegExp]>([
    ['a misspelt name', { tll: '5m' }, 'INVALID_OPTION', /Did you mean 'ttl'/],
    ['a wrong type', { key: 'id' }, 'INVALID_OPTION', /cannot take 'id' .* key\. It must be a function/],
    ['a wrong duration', '5 minutes', 'INVALID_DURATION', /@CacheQuery on Catalog\.one/],
    ['a wrong duration among options', { ttl: -1 }, 'INVALID_DURATION', /-1/],
    ['a tag with an empty segment', { tags: ['a::b'] }, 'INVALID_TAG', /a::b/],
    ['a consistency that is none', { consistency: 'eventual' }, 'INVALID_OPTION', /transparent/],
    ['a bound that is no duration', { consistency: { bounded: 'soon' } }, 'INVALID_DURATION', /soon/],
    ['an empty name', { name: '' }, 'INVALID_OPTION', /name/],
  ])('are refused when the class is defined: %s', (_, options, code, message) => {
    const define = () => {
      class Catalog {
        @CacheQuery(options as never)
        one() {
          return 1;
        }
      }
      return Catalog;
    };
    expect(define).toThrow(ZooCacheError);
    expect(define).toThrow(message);
    expect(define).toThrow(expect.objectContaining({ code }));
  });

  it.each(['transparent', 'strict', { bounded: '5s' }] as const)('accept the consistency %j', async (consistency) => {
    @Injectable()
    class Catalog extends Counting {
      @CacheQuery({ consistency })
      one() {
        return this.answer(1);
      }
    }
    const catalog = (await start({ providers: [Catalog] })).get(Catalog);
    await times(2, async () => {
      await catalog.one();
    });
    expect(catalog.calls).toBe(1);
  });
});

describe('@CacheQuery refuses', () => {
  it.each<[string, () => void]>([
    [
      'a generator',
      () => {
        class Catalog {
          @CacheQuery()
          *all() {
            yield 1;
          }
        }
        void Catalog;
      },
    ],
    [
      'an async generator',
      () => {
        class Catalog {
          @CacheQuery()
          async *all() {
            yield await Promise.resolve(1);
          }
        }
        void Catalog;
      },
    ],
    [
      'a getter',
      () => {
        class Catalog {
          @CacheQuery()
          get all() {
            return 1;
          }
        }
        void Catalog;
      },
    ],
    [
      'a static method',
      () => {
        class Catalog {
          @CacheQuery()
          static all() {
            return 1;
          }
        }
        void Catalog;
      },
    ],
    [
      'to stand twice on one method',
      () => {
        class Catalog {
          @CacheQuery('1m')
          @CacheQuery('5m')
          all() {
            return 1;
          }
        }
        void Catalog;
      },
    ],
    [
      'a property',
      () => {
        class Catalog {
          all = () => 1;
        }
        (CacheQuery() as PropertyDecorator)(Catalog.prototype, 'all');
      },
    ],
  ])('%s, when the class is defined', (_, define) => {
    expect(define).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('Catalog.all') }),
    );
  });
});
