import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  concat,
  defer,
  finalize,
  firstValueFrom,
  from,
  isObservable,
  lastValueFrom,
  NEVER,
  of,
  Subject,
  throwError,
  toArray,
  Observable,
  range,
} from 'rxjs';
import { CacheQuery, Invalidates, NoCache, ZooCacheModule, ZooCacheService } from '../../lib/index.js';
import { Runtime } from '../../lib/nest/runtime.js';
import { ZOO_CACHE_RUNTIME } from '../../lib/nest/tokens.js';
import { freshDirectory } from '../support/lmdb.js';
import { KeptLog, start, times } from './application.js';

@Injectable()
class Feed {
  calls = 0;
  subscriptions = 0;
  source: Observable<unknown> = of(1, 2, 3);

  @CacheQuery()
  values(_key = 0): Observable<unknown> {
    this.calls++;
    return defer(() => {
      this.subscriptions++;
      return this.source;
    });
  }

  @CacheQuery({ tags: ['feed'], unless: (value: unknown) => value === 'unfit' })
  tagged(): Observable<unknown> {
    this.calls++;
    return this.source;
  }

  @CacheQuery({ tags: (value: { id: number }) => [`feed:${value.id}`] })
  ofRows(): Observable<{ id: number }> {
    this.calls++;
    return of({ id: 1 }, { id: 2 });
  }

  @CacheQuery()
  eager(): Observable<number> {
    return from(Promise.resolve(++this.calls));
  }

  @NoCache()
  fresh(): Observable<unknown> {
    return defer(() => this.values());
  }

  @Invalidates('feed')
  write(): Observable<unknown> {
    return this.source;
  }
}

const all = <T>(source: Observable<T>) => lastValueFrom(source.pipe(toArray()));

describe('A decorated method that returns an Observable', () => {
  it('returns one again, whose values are replayed from the cache', async () => {
    const app = await start({ providers: [Feed] });
    const feed = app.get(Feed);
    expect(await all(feed.values())).toEqual([1, 2, 3]);
    expect(await all(feed.values())).toEqual([1, 2, 3]);
    expect(await all(feed.values())).toEqual([1, 2, 3]);
    expect(feed.subscriptions).toBe(1);
    expect(app.get(ZooCacheService).stats()).toMatchObject({ hits: 2, misses: 1, loads: 1, fills: 1 });
  });

  it('stays one when it completes without a value', async () => {
    const feed = (await start({ providers: [Feed] })).get(Feed);
    feed.source = of();
    await times(2, async () => {
      expect(await all(feed.values())).toEqual([]);
    });
    expect(feed.subscriptions).toBe(1);
  });

  it('passes values on as they come, and stores copies that the subscriber cannot change', async () => {
    const feed = (await start({ providers: [Feed] })).get(Feed);
    await all(feed.values(1));
    const source = new Subject<{ name: string }>();
    feed.source = source;
    const seen: unknown[] = [];
    const end = new Promise<void>((resolve) => {
      feed.values(2).subscribe({
        next: (value) => {
          seen.push((value as { name: string }).name);
          (value as { name: string }).name = 'changed by the subscriber';
        },
        complete: resolve,
      });
    });
    source.next({ name: 'a' });
    await Promise.resolve();
    expect(seen).toEqual(['a']);
    source.next({ name: 'b' });
    source.complete();
    await end;
    expect(await all(feed.values(2))).toEqual([{ name: 'a' }, { name: 'b' }]);
  });

  it('asks again with every subscription, as a cold Observable does', async () => {
    const app = await start({ providers: [Feed] });
    const feed = app.get(Feed);
    const answer = feed.eager();
    expect([await firstValueFrom(answer), await firstValueFrom(answer)]).toEqual([1, 1]);
    await app.get(ZooCacheService).clear();
    // The promise that the first call made is old news by now.
    expect(await firstValueFrom(answer)).toBe(2);
    const later = feed.eager();
    await app.get(ZooCacheService).clear();
    expect([await firstValueFrom(later), await firstValueFrom(later)]).toEqual([3, 3]);
  });

  it('does not store what fails on the way', async () => {
    const feed = (await start({ providers: [Feed] })).get(Feed);
    feed.source = concat(
      of(1),
      throwError(() => new Error('torn')),
    );
    await times(3, async () => {
      await expect(all(feed.values())).rejects.toThrow('torn');
    });
    feed.source = of(2);
    expect(await all(feed.values())).toEqual([2]);
  });

  it('does not store what a subscriber left before the end, nor keeps its source running', async () => {
    const app = await start({ providers: [Feed] });
    const feed = app.get(Feed);
    let left = 0;
    feed.source = concat(of(1), NEVER).pipe(finalize(() => left++));
    await times(3, async () => {
      expect(await firstValueFrom(feed.values())).toBe(1);
    });
    expect([feed.subscriptions, left]).toEqual([3, 3]);
    await new Promise(setImmediate);
    expect(app.get<Runtime>(ZOO_CACHE_RUNTIME).engine.isAtRest).toBe(true);
  });

  it('ends a source without end as soon as it goes on for nobody', async () => {
    const feed = (await start({ providers: [Feed] })).get(Feed);
    let made = 0;
    feed.source = new Observable((subscriber) => {
      while (!subscriber.closed) subscriber.next(++made);
    });
    await times(2, async () => {
      await firstValueFrom(feed.values());
    });
    // One to hold back, one that shows there is more, one to find out that nobody is there.
    expect(made).toBe(6);
  });

  it('makes nobody wait for one that never ends', async () => {
    const feed = (await start({ providers: [Feed] })).get(Feed);
    await all(feed.values(1));
    feed.source = concat(of('first'), NEVER);
    const heard: unknown[] = [];
    const endless = feed.values(2).subscribe((value) => heard.push(value));
    expect(await firstValueFrom(feed.values(2))).toBe('first');
    expect(heard).toEqual(['first']);
    endless.unsubscribe();
  });

  it.each([
    ['completes', of('last')],
    ['fails', throwError(() => new Error('torn'))],
  ])('collects no list without end: it passes on all values until the source %s, and stores none', async (how, end) => {
    const app = await start({ providers: [Feed] });
    const feed = app.get(Feed);
    await times(2, async () => {
      feed.source = concat(range(0, 10_500), end);
      let heard = 0;
      const ending = await new Promise((resolve) => {
        feed
          .values()
          .subscribe({ next: () => heard++, error: () => resolve('fails'), complete: () => resolve('completes') });
      });
      expect([ending, heard]).toEqual([how, how === 'completes' ? 10_501 : 10_500]);
    });
    expect(feed.subscriptions).toBe(2);
    expect(app.get(ZooCacheService).stats()).toMatchObject({ entries: 0, errors: 0 });
  });

  it('goes on for its subscriber when it is too long to be kept, for as long as its source does', async () => {
    const feed = (await start({ providers: [Feed] })).get(Feed);
    // Of the first answer it is not known beforehand that it is an Observable.
    await times(2, async () => {
      const source = new Subject<number>();
      feed.source = source;
      let [heard, isOver] = [0, false];
      feed.values().subscribe({ next: () => heard++, complete: () => (isOver = true) });
      for (let value = 0; value <= 10_000; value++) source.next(value);
      await new Promise(setImmediate);
      source.next(-1);
      await new Promise(setImmediate);
      expect([heard, isOver]).toEqual([10_002, false]);
      source.complete();
      expect(isOver).toBe(true);
    });
  });

  it('leaves the first answer to its subscriber when it is called again meanwhile', async () => {
    const feed = (await start({ providers: [Feed] })).get(Feed);
    const source = new Subject<string>();
    feed.source = source;
    const heard = all(feed.values(1));
    feed.source = of('other');
    expect(await all(feed.values(2))).toEqual(['other']);
    source.next('own');
    source.complete();
    expect(await heard).toEqual(['own']);
  });

  it('leaves nothing running when nobody subscribed to the first answer', async () => {
    const app = await start({ providers: [Feed] });
    const feed = app.get(Feed);
    const unheard = feed.values();
    expect(feed.subscriptions).toBe(0);
    expect(await all(feed.values())).toEqual([1, 2, 3]);
    await new Promise(setImmediate);
    expect(app.get<Runtime>(ZOO_CACHE_RUNTIME).engine.isAtRest).toBe(true);
    expect(await all(unheard)).toEqual([1, 2, 3]);
    expect(feed.subscriptions).toBe(1);
  });

  it('takes tags and the refusal to keep from each value', async () => {
    const app = await start({ providers: [Feed] });
    const [feed, cache] = [app.get(Feed), app.get(ZooCacheService)];
    await times(2, async () => {
      await all(feed.tagged());
    });
    expect(feed.calls).toBe(1);
    await cache.invalidate('feed');
    feed.source = of('fit', 'unfit');
    await times(2, async () => {
      await all(feed.tagged());
    });
    expect(feed.calls).toBe(3);

    await all(feed.ofRows());
    for (const tag of ['feed:1', 'feed:2']) {
      await cache.invalidate(tag);
      const before = feed.calls;
      await times(2, async () => {
        expect(await all(feed.ofRows())).toEqual([{ id: 1 }, { id: 2 }]);
      });
      expect(feed.calls).toBe(before + 1);
    }
  });

  it('gives an argument that cannot be encoded to the subscriber', async () => {
    const feed = (await start({ providers: [Feed] })).get(Feed);
    await all(feed.values());
    await expect(all(feed.values((() => 1) as never))).rejects.toMatchObject({ code: 'INVALID_KEY' });
  });

  it('reads past the cache when a method without cache subscribes', async () => {
    const feed = (await start({ providers: [Feed] })).get(Feed);
    await all(feed.values());
    await times(2, async () => {
      expect(await all(feed.fresh())).toEqual([1, 2, 3]);
    });
    expect(feed.subscriptions).toBe(3);
  });

  it('invalidates when it completes, and not when it fails', async () => {
    const feed = (await start({ providers: [Feed] })).get(Feed);
    await all(feed.tagged());
    feed.source = throwError(() => new Error('torn'));
    await expect(all(feed.write())).rejects.toThrow('torn');
    await all(feed.tagged());
    expect(feed.calls).toBe(1);
    feed.source = of(1);
    await all(feed.write());
    await all(feed.tagged());
    expect(feed.calls).toBe(2);
  });

  it.each([
    ['completes with its only value', () => of(1)],
    ['goes on for others', () => concat(of(1), NEVER)],
    ['comes later', () => from(new Promise((resolve) => setImmediate(resolve, 1)))],
  ])('invalidates when the first value was enough for the subscriber and the source %s', async (_, source) => {
    const feed = (await start({ providers: [Feed] })).get(Feed);
    await all(feed.tagged());
    feed.source = source();
    expect(await firstValueFrom(feed.write())).toBe(1);
    feed.source = of(2);
    expect(await all(feed.tagged())).toEqual([2]);
  });

  it('invalidates once', async () => {
    const app = await start({ providers: [Feed] });
    const [feed, cache] = [app.get(Feed), app.get(ZooCacheService)];
    const before = cache.stats().invalidations;
    await all(feed.write());
    expect(cache.stats().invalidations).toBe(before + 1);
  });
});

@Injectable()
class News {
  calls = 0;

  @CacheQuery()
  declared(): Observable<number> {
    this.calls++;
    return of(1, 2);
  }

  @CacheQuery()
  undeclared() {
    this.calls++;
    return of([1, 2], [3]);
  }

  @CacheQuery()
  either(isStreamed: boolean): unknown {
    this.calls++;
    return isStreamed ? of(1, 2) : [1, 2];
  }

  @CacheQuery()
  endless() {
    return concat(of(1), NEVER);
  }

  @CacheQuery()
  promised() {
    return Promise.resolve(++this.calls);
  }

  @CacheQuery()
  failing(isStreamed: boolean): unknown {
    const failure = new Error('no news');
    return isStreamed ? throwError(() => failure) : Promise.reject(failure);
  }
}

describe('A cached method that returns Observables where processes share a storage', () => {
  it.each(['declared', 'undeclared'] as const)('returns one in each of them, also at once (%s)', async (method) => {
    const options = `lmdb:${freshDirectory()}`;
    for (const isFirst of [true, false]) {
      const app = await start({ options, providers: [News] });
      const news = app.get(News);
      const first: unknown = news[method]();
      expect(isObservable(first)).toBe(true);
      const values = await all(first as Observable<unknown>);
      expect(values).toEqual(method === 'declared' ? [1, 2] : [[1, 2], [3]]);
      expect(await all(news[method]() as Observable<unknown>)).toEqual(values);
      expect([isFirst, news.calls]).toEqual([isFirst, 1]);
      await app.close();
    }
  });

  it('finds what others stored at its first call when it returns promises after all', async () => {
    const imports = [ZooCacheModule.forRoot(`lmdb:${freshDirectory()}`)];
    const restart = async () => {
      const module = await Test.createTestingModule({ imports, providers: [News] })
        .setLogger(new KeptLog())
        .compile();
      return module.init();
    };
    const former = await restart();
    await former.get(News).promised();
    await former.close();
    const latter = await restart();
    const news = latter.get(News);
    expect([await news.promised(), news.calls]).toEqual([1, 0]);
    await latter.close();
  });

  it('gives a first answer that can be used as a promise, or be subscribed to, now and later', async () => {
    const app = await start({ options: `lmdb:${freshDirectory()}`, providers: [News] });
    const news = app.get(News);
    const first = news.either(true) as Observable<number> & Promise<Observable<number>>;
    expect(await all(await first)).toEqual([1, 2]);
    expect(await all(first)).toEqual([1, 2]);
    expect(await lastValueFrom(first.pipe(toArray()))).toEqual([1, 2]);
    expect(await all(from(first))).toEqual([1, 2]);
    expect(news.calls).toBe(1);
    await app.close();
  });

  it('gives an Observable to who awaits the first answer, as Nest does with those of message handlers, and at once', async () => {
    const app = await start({ options: `lmdb:${freshDirectory()}`, providers: [News] });
    const news = app.get(News);
    // The second call would join the load of the first, which never ends.
    const answers = await Promise.all([news.endless() as unknown, news.endless() as unknown]);
    for (const answer of answers) expect(await firstValueFrom(answer as Observable<number>)).toBe(1);
    await app.close();
  });

  it('makes no source for who turns out to be given an Observable, unless he subscribes', async () => {
    const app = await start({ options: `lmdb:${freshDirectory()}`, providers: [News] });
    const news = app.get(News);
    const either = news.either.bind(news) as (...args: unknown[]) => unknown;
    // Nobody knows what the method returns when either is called, and the load of the first shows it.
    const [one, other] = await Promise.all([either(true), either(true, 'other')]);
    expect(await all(one as Observable<number>)).toEqual([1, 2]);
    expect(news.calls).toBe(1);
    expect(await all(other as Observable<number>)).toEqual([1, 2]);
    expect(news.calls).toBe(2);
    await app.close();
  });

  it('stores a promise that is observed first as one value, for those who await it', async () => {
    const app = await start({ options: `lmdb:${freshDirectory()}`, providers: [News] });
    const news = app.get(News);
    expect(await all(from(news.promised()))).toEqual([1]);
    expect([await news.promised(), news.calls]).toEqual([1, 1]);
    await app.close();
  });

  it.each([true, false])('fails like the method, and in no other way (as an Observable: %s)', async (isStreamed) => {
    const app = await start({ options: `lmdb:${freshDirectory()}`, providers: [News] });
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    const answer = app.get(News).failing(isStreamed) as Observable<number> & Promise<number>;
    // Who uses a promise looks at it in time, and who subscribes may do so late.
    if (isStreamed) for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    await expect(isStreamed ? lastValueFrom(answer) : answer).rejects.toThrow('no news');
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    await app.close();
  });
});

describe('A cached method that returns Observables at times', () => {
  it('emits the answers that it gave as promises before, each as one value', async () => {
    const news = (await start({ providers: [News] })).get(News);
    expect(await news.either(false)).toEqual([1, 2]);
    expect(await all(news.either(true) as Observable<unknown>)).toEqual([1, 2]);
    expect(await all(news.either(false) as Observable<unknown>)).toEqual([[1, 2]]);
    expect(news.calls).toBe(2);
  });
});
