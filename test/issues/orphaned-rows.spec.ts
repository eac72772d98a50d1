import { expect, it } from '@jest/globals';
import {
  Column,
  Entity,
  IsNull,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
  type EntityManager,
  type Relation,
} from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Shelf {
  @PrimaryGeneratedColumn() id!: number;
  @OneToMany(() => Book, (book) => book.shelf) books!: Relation<Book[]>;
}

@Entity()
class Book {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ length: 20 }) title!: string;
  @Column({ type: 'int', nullable: true }) shelfId!: number | null;
  @ManyToOne(() => Shelf, (shelf) => shelf.books, { nullable: true }) shelf!: Relation<Shelf> | null;
}

// TypeORM #6573: the update that lets go of a row is announced without entity, key and columns.
describeDatabases('A row that its parent was saved without', (database) => {
  it('is without a parent in every answer', async () => {
    const cached = await CachedReads.open(database, [Shelf, Book], {
      row: (manager: EntityManager) => manager.findOneBy(Book, { id: 1 }),
      ofShelf: (manager: EntityManager) => manager.findBy(Book, { shelfId: 1 }),
      nowhere: (manager: EntityManager) => manager.findBy(Book, { shelfId: IsNull() }),
      count: (manager: EntityManager) => manager.countBy(Book, { shelf: { id: 1 } }),
      exists: (manager: EntityManager) => manager.existsBy(Book, { shelfId: IsNull() }),
      joined: (manager: EntityManager) => manager.findOne(Shelf, { where: { id: 1 }, relations: { books: true } }),
    });
    const { manager } = cached.dataSource;
    await manager.insert(Shelf, {});
    await manager.insert(Book, [
      { title: 'Emma', shelfId: 1 },
      { title: 'Ulysses', shelfId: 1 },
    ]);
    await cached.fill();

    const shelf = await manager.findOneOrFail(Shelf, { where: { id: 1 }, relations: { books: true } });
    shelf.books = shelf.books.filter(({ id }) => id !== 1);
    await manager.save(shelf);
    expect(await cached.ask('row')).toMatchObject({ shelfId: null });
    expect(await cached.wrong()).toEqual([]);
  });
});
