import {
  Column,
  DeleteDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';

@Entity()
export class Author {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @Column({ default: 0 })
  books!: number;

  @DeleteDateColumn()
  gone?: Date | null;

  @OneToMany(() => Book, (book) => book.author)
  written?: Relation<Book>[];
}

@Entity()
export class Book {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  title!: string;

  @ManyToOne(() => Author, (author) => author.written, { onDelete: 'CASCADE', nullable: true })
  author?: Relation<Author> | null;

  @ManyToMany(() => Label)
  @JoinTable({ name: 'book_label' })
  labels?: Relation<Label>[];
}

@Entity()
export class Label {
  @PrimaryColumn({ length: 40 })
  code!: string;

  @Column({ default: '' })
  text!: string;
}

/** Where a shelf keeps how many of a book: a key of two columns. */
@Entity()
export class Stock {
  @PrimaryColumn()
  shelf!: number;

  @PrimaryColumn()
  bookId!: number;

  @Column()
  amount!: number;
}

export const shop = [Author, Book, Label, Stock];
