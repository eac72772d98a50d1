import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

/** A virtual table, which an entity can be mapped to though TypeORM does not create it. */
@Entity({ synchronize: false })
class Page {
  @PrimaryColumn() rowid!: number;
  @Column() title!: string;
  @Column() body!: string;
}

const reads = {
  rank: (manager: EntityManager) => manager.query(`SELECT rowid, rank FROM page WHERE page MATCH 'zoo' AND rowid = 1`),
  weight: (manager: EntityManager) =>
    manager.query(`SELECT title, bm25(page, 2.0) AS weight FROM page WHERE page MATCH 'zoo' ORDER BY weight`),
  marked: (manager: EntityManager) =>
    manager.query(`SELECT highlight(page, 1, '<', '>') AS text, snippet(page, 1, '<', '>', '', 3) AS part
      FROM page WHERE page MATCH 'zoo'`),
  entity: (manager: EntityManager) => manager.findOneBy(Page, { rowid: 1 }),
};

describeDatabases(
  'a search of texts',
  (database) => {
    it('ranks a row by all of them, and is kept until any is written', async () => {
      const cached = await CachedReads.open(database, [Page], reads);
      const { manager } = cached.dataSource;
      await manager.query('CREATE VIRTUAL TABLE page USING fts5(title, body)');
      await manager.insert(Page, [
        { rowid: 1, title: 'one', body: 'a zoo' },
        { rowid: 2, title: 'two', body: 'a zoo in a town' },
        { rowid: 3, title: 'three', body: 'no town' },
      ]);
      const writes = [
        () => manager.update(Page, { rowid: 2 }, { body: 'many words, and no animals at all' }),
        () => manager.delete(Page, { rowid: 3 }),
        () => manager.insert(Page, { rowid: 4, title: 'four', body: 'zoo' }),
        () => manager.query(`INSERT INTO page (page, rank) VALUES ('rank', 'bm25(9.0, 1.0)')`),
      ];
      for (const write of writes) {
        await cached.fill();
        await write();
        expect(await cached.wrong()).toEqual([]);
      }
    });
  },
  { only: ({ variant }) => variant === 'better-sqlite3' },
);
