import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  OneToOne,
  JoinColumn,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
  RelationId,
  TableInheritance,
  Tree,
  TreeChildren,
  TreeParent,
} from 'typeorm';

/** An embedded class. */
export class Address {
  @Column({ type: 'varchar' })
  city!: string;
}

@Entity()
export class Author {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'int', nullable: true })
  age!: number | null;

  @Column(() => Address)
  address!: Address;

  @DeleteDateColumn()
  deletedAt!: Date | null;

  @OneToMany(() => Book, (book) => book.author)
  books!: Relation<Book>[];
}

@Entity()
export class Cover {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  color!: string;
}

@Entity()
export class Tag {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  label!: string;
}

@Entity()
export class Book {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @ManyToOne(() => Author, (author) => author.books)
  author!: Relation<Author> | null;

  @OneToOne(() => Cover)
  @JoinColumn()
  cover!: Relation<Cover> | null;

  @ManyToMany(() => Tag)
  @JoinTable()
  tags!: Relation<Tag>[];
}

@Entity()
export class Loan {
  @PrimaryColumn({ type: 'int' })
  book!: number;

  @PrimaryColumn({ type: 'int' })
  reader!: number;

  @Column({ type: 'int' })
  days!: number;
}

@Entity()
export class Shelf {
  @PrimaryGeneratedColumn()
  id!: number;

  @ManyToOne(() => Cover, { eager: true })
  cover!: Relation<Cover> | null;

  @ManyToMany(() => Tag)
  @JoinTable()
  tags!: Relation<Tag>[];

  @RelationId((shelf: Shelf) => shelf.tags)
  tagIds!: number[];
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
export class Medium {
  @PrimaryGeneratedColumn()
  id!: number;
}

@ChildEntity()
export class Disc extends Medium {
  @Column({ type: 'int' })
  minutes!: number;
}

@Entity()
@Tree('closure-table')
export class Subject {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @TreeParent()
  parent!: Subject | null;

  @TreeChildren()
  children!: Subject[];
}

/** Every cardinality, with and without eager loading, embedded columns, soft delete, a composite key, inheritance and a tree. */
export const library = [Author, Cover, Tag, Book, Loan, Shelf, Medium, Disc, Subject];
