import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Seat {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ length: 10, unique: true }) place!: string;
  @Column({ default: 0 }) price!: number;
}

@Entity()
class Film {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ length: 20 }) title!: string;
}

const reads = {
  seats: (manager: EntityManager) => manager.find(Seat, { order: { id: 'ASC' } }),
  dear: (manager: EntityManager) => manager.countBy(Seat, { price: 9 }),
  next: (manager: EntityManager) => manager.findOneBy(Seat, { id: 2 }),
  films: (manager: EntityManager) => manager.find(Film),
};

describeDatabases(
  'Rows that the client of MySQL writes in the place of one parameter',
  (database) => {
    it.each([
      ['are inserted', 'insert into seat (place, price) values ?'],
      ['replace others', 'replace into seat (place, price) values ?'],
      ['overwrite others', 'insert into seat (place, price) values ? on duplicate key update price = values(price)'],
      ['are inserted beside one that the text holds', "insert into seat (place, price) values ?, ('C1', 9)"],
    ])('%s, and nobody hears of more than their table', async (_title, text) => {
      const cached = await CachedReads.open(database, [Seat, Film], reads);
      const { manager } = cached.dataSource;
      await manager.insert(Seat, { place: text.includes('replace') || text.includes('duplicate') ? 'A1' : 'D1' });
      await manager.insert(Film, { title: 'Metropolis' });
      await cached.fill();
      const rows = [
        ['A1', 9],
        ['B1', 8],
      ];
      await cached.dataSource.transaction((inside) => inside.query(text, [rows]));
      expect(await cached.cache.explain('films')).toMatchObject({ isCached: true });
      expect(await cached.wrong()).toEqual([]);
      expect(await manager.countBy(Seat, { price: 9 })).toBeGreaterThan(0);
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
