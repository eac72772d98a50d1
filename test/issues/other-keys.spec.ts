import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { connect, describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity({ name: 'part' })
class Part {
  @PrimaryColumn() id!: number;
  @Column({ length: 20 }) code!: string;
  @Column() stock!: number;
}

/** The same to somebody who finds parts by their codes. */
@Entity({ name: 'part' })
class CodedPart {
  @Column() id!: number;
  @PrimaryColumn({ length: 20 }) code!: string;
  @Column() stock!: number;
}

@Entity({ name: 'place' })
class Place {
  @PrimaryColumn() shelf!: number;
  @PrimaryColumn() box!: number;
  @Column() stock!: number;
}

@Entity({ name: 'place' })
class TurnedPlace {
  @PrimaryColumn() box!: number;
  @PrimaryColumn() shelf!: number;
  @Column() stock!: number;
}

describeDatabases(
  'A row that another DataSource names by other columns, or in another order,',
  (database) => {
    it('is the same row', async () => {
      const options = await database.createOptions([Part, Place]);
      const cached = await CachedReads.open({ ...database, createOptions: () => Promise.resolve(options) }, [], {
        part: (manager) => manager.findOneBy(Part, { id: 1 }),
        place: (manager) => manager.findOneBy(Place, { shelf: 1, box: 22 }),
      });
      const { manager } = cached.dataSource;
      await manager.insert(Part, { id: 1, code: 'x', stock: 1 });
      await manager.insert(Place, { shelf: 1, box: 22, stock: 1 });
      const entities = [CodedPart, TurnedPlace];
      const other = await connect({ ...options, entities, synchronize: false });
      for (const stock of [2, 3]) {
        await cached.fill();
        await other.manager.update(CodedPart, { code: 'x' }, { stock });
        await other.manager.update(TurnedPlace, { shelf: 1, box: 22 }, { stock });
        expect(await cached.wrong()).toEqual([]);
      }
      await cached.fill();
      await other.manager.delete(CodedPart, { code: 'x' });
      await other.manager.delete(TurnedPlace, { shelf: 1, box: 22 });
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ supportsSharing }) => supportsSharing },
);

describeDatabases(
  'A key whose index holds further columns',
  (database) => {
    it('names rows all the same, so a write to another row leaves an answer', async () => {
      const cached = await CachedReads.open(
        database,
        [Part],
        { part: (manager) => manager.findOneBy(Part, { id: 1 }) },
        { synchronize: false },
      );
      const { cache, dataSource } = cached;
      await dataSource.query('CREATE TABLE part (id int, code text, stock int, PRIMARY KEY (id) INCLUDE (code))');
      await dataSource.manager.insert(Part, [
        { id: 1, code: 'x', stock: 1 },
        { id: 2, code: 'y', stock: 1 },
      ]);
      await cached.fill();
      await dataSource.manager.update(Part, { id: 2 }, { stock: 2 });
      expect(await cache.has('part')).toBe(true);
      await dataSource.manager.update(Part, { id: 1 }, { stock: 2 });
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
