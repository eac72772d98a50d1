import { describe, expect, it } from '@jest/globals';
import { Column, Entity, ManyToOne, OneToMany, PrimaryColumn, type Relation } from 'typeorm';
import { currentFrame } from '../../lib/engine/context.js';
import { tagOf } from '../../lib/tags/tag.js';
import { createEngine, Gate, type Fixture } from '../engine/engine-fixture.js';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bard {
  @PrimaryColumn() id!: number;
  @OneToMany(() => Song, (song) => song.bard, { lazy: true }) songs!: Promise<Song[]>;
}

@Entity()
class Song {
  @PrimaryColumn() id!: number;
  @Column({ length: 20 }) title!: string;
  @ManyToOne(() => Bard, (bard) => bard.songs) bard!: Relation<Bard>;
}

/** What goes on when the load is over that began it, inside of a load that waits for it. */
async function leftBy<T>({ read }: Fixture, goOn: () => Promise<T> | T): Promise<T> {
  const over = new Gate();
  let left: Promise<T>;
  const leave = () => void (left = over.opened.then(goOn));
  await read('inner', leave, [], { unless: () => true });
  over.open();
  return left!;
}

describe('what a load left running, for which a load around it waits', () => {
  it('counts for the answer of that one: what it depends on, and what must not be kept', async () => {
    const fixture = createEngine();
    const { read, writes } = fixture;
    const rates = tagOf('rates');
    const depend = (value: number) => () => {
      currentFrame()?.load?.depend(rates);
      return value;
    };
    expect(await read('outer', () => leftBy(fixture, depend(1)))).toBe(1);
    expect(await read('outer', () => 2)).toBe(1);
    await writes.invalidate({ touches: [rates], sweeps: [] });
    expect(await read('outer', () => leftBy(fixture, depend(2)))).toBe(2);

    const write = () => currentFrame()?.load?.block('wrote');
    await read('wrote', () => leftBy(fixture, write));
    expect(await read('wrote', () => 3)).toBe(3);
  });

  it('waits for no load that waits for that one', async () => {
    const fixture = createEngine();
    const { read } = fixture;
    const asked = new Gate();
    let times = 0;
    const rates = (): Promise<string> =>
      read('rates', async () => {
        if (times++ > 0) return 'rates';
        await asked.opened;
        return `rates of ${await shop()}`;
      });
    const shop = () =>
      read('shop', () =>
        leftBy(fixture, async () => {
          const answer = rates();
          asked.open();
          return `shop of ${await answer}`;
        }),
      );
    const both = Promise.all([shop(), rates()]);
    expect(await both).toEqual(['shop of rates of shop of rates', 'rates of shop of rates']);
  });
});

describeDatabases('a lazy relation that a cached method asked for and did not wait for', (database) => {
  it('tells the cached method that waits for it what it depends on', async () => {
    const { cache, dataSource } = await CachedReads.open(database, [Bard, Song], {});
    const { manager } = dataSource;
    await manager.insert(Bard, { id: 1 });
    await manager.insert(Song, { id: 1, title: 'old', bard: { id: 1 } });
    const bard = () =>
      cache.getOrLoad('bard', async () => {
        const found = await manager.findOneByOrFail(Bard, { id: 1 });
        void found.songs;
        return found;
      });
    const titles = () => cache.getOrLoad('titles', async () => (await (await bard()).songs).map(({ title }) => title));
    expect(await titles()).toEqual(['old']);
    await manager.update(Song, 1, { title: 'new' });
    expect(await titles()).toEqual(['new']);
  });
});
