import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  OneToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  RelationId,
  TableInheritance,
  Tree,
  TreeChildren,
  TreeParent,
  UpdateDateColumn,
  VersionColumn,
  ViewColumn,
  ViewEntity,
  VirtualColumn,
  type Relation,
  type ValueTransformer,
} from 'typeorm';

/*
 * One of everything TypeORM can map. All names in the database are plain lower-case words, so that raw statements need
 * no quotes and are the same text everywhere.
 */

/** Holds what only its own constructor can put there, so a copy without the constructor would not work. */
export class Money {
  readonly #cents: number;

  constructor(cents: number) {
    this.#cents = cents;
  }

  get cents(): number {
    return this.#cents;
  }
}

/** In the database a number, in entities a Date that was made from it. */
const asDate: ValueTransformer = {
  to: (value: unknown) => (value == null || typeof value === 'number' ? value : (value as Date).getTime() / 1000),
  from: (value: number | null) => (value == null ? value : new Date(value * 1000)),
};

/** In the database a number, in entities a bigint. */
const asBigint: ValueTransformer = {
  to: (value: unknown) => (typeof value === 'bigint' ? Number(value) : value),
  from: (value: number | string | null) => (value == null ? value : BigInt(value)),
};

export class Address {
  @Column({ name: 'address_city', length: 10, nullable: true, type: 'varchar' })
  city!: string | null;

  @Column({ name: 'address_zip', nullable: true, type: 'int' })
  zip!: number | null;

  get label(): string {
    return `${this.zip} ${this.city}`;
  }
}

@Entity()
export class Profile {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ length: 10 })
  bio!: string;

  @Column({ default: 0 })
  visits!: number;

  @OneToOne(() => Author, (author) => author.profile)
  owner!: Relation<Author>;
}

@Entity()
export class Author {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ length: 10 })
  name!: string;

  @Column({ length: 20, unique: true })
  email!: string;

  @Column({ nullable: true, type: 'int' })
  age!: number | null;

  @Column({ type: 'int', nullable: true, transformer: asDate })
  born!: Date | null;

  @Column({ type: 'int', default: 0, transformer: asBigint })
  karma!: bigint;

  @Column(() => Address, { prefix: false })
  address!: Address;

  @OneToOne(() => Profile, (profile) => profile.owner, { onDelete: 'SET NULL', cascade: true, nullable: true })
  @JoinColumn({ name: 'profile_id' })
  profile!: Relation<Profile> | null;

  /** The reference itself, which is all that shows when the database lets go of it. */
  @Column({ name: 'profile_id', type: 'int', nullable: true })
  profileId!: number | null;

  @OneToMany(() => Post, (post) => post.author)
  posts!: Relation<Post>[];

  @UpdateDateColumn()
  updated!: Date;

  @VersionColumn()
  version!: number;

  @DeleteDateColumn()
  deleted!: Date | null;
}

/** Named by a text, which may change and takes those who refer to it along. */
@Entity()
export class Category {
  @PrimaryColumn({ length: 10 })
  code!: string;

  @Column({ length: 10 })
  label!: string;
}

@Entity()
export class Post {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ length: 10 })
  title!: string;

  @Column({ default: 0 })
  views!: number;

  @Column({ type: 'simple-json', nullable: true })
  extra!: { readonly n: number } | null;

  @ManyToOne(() => Author, (author) => author.posts, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn({ name: 'author_id' })
  author!: Relation<Author> | null;

  @ManyToOne(() => Author, { onDelete: 'SET NULL', nullable: true, lazy: true })
  @JoinColumn({ name: 'editor_id' })
  editor!: Promise<Relation<Author> | null>;

  @ManyToOne(() => Category, { eager: true, onUpdate: 'CASCADE', onDelete: 'SET NULL', nullable: true })
  @JoinColumn({ name: 'category_code' })
  category!: Relation<Category> | null;

  @Column({ name: 'category_code', type: 'varchar', length: 10, nullable: true })
  categoryCode!: string | null;

  @Column({ name: 'editor_id', type: 'int', nullable: true })
  editorId!: number | null;

  @ManyToMany(() => Tag, (tag) => tag.posts, { cascade: true })
  @JoinTable({
    name: 'post_tag',
    joinColumn: { name: 'post_id', referencedColumnName: 'id' },
    inverseJoinColumn: { name: 'tag_id', referencedColumnName: 'id' },
  })
  tags!: Relation<Tag>[];

  @OneToMany(() => Comment, (comment) => comment.post, { cascade: true, lazy: true })
  comments!: Promise<Relation<Comment>[]>;

  @RelationId((post: Post) => post.author)
  authorId!: number | null;

  @RelationId((post: Post) => post.tags)
  tagIds!: number[];

  @VirtualColumn({ query: (alias) => `SELECT COUNT(*) FROM comment WHERE comment.post_id = ${alias}.id` })
  commentCount!: number;
}

@Entity()
export class Tag {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ length: 10, unique: true })
  slug!: string;

  @ManyToMany(() => Post, (post) => post.tags)
  posts!: Relation<Post>[];
}

/** Named by a uuid, softly deleted, and gone with its post. */
@Entity()
export class Comment {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ length: 10 })
  text!: string;

  @Column({ default: 0 })
  score!: number;

  @ManyToOne(() => Post, (post) => post.comments, { onDelete: 'CASCADE', nullable: true, orphanedRowAction: 'delete' })
  @JoinColumn({ name: 'post_id' })
  post!: Relation<Post> | null;

  @ManyToOne(() => Author, { onDelete: 'SET NULL', nullable: true })
  @JoinColumn({ name: 'author_id' })
  author!: Relation<Author> | null;

  @DeleteDateColumn()
  deleted!: Date | null;
}

/** Named by two columns. */
@Entity()
export class Price {
  @PrimaryColumn({ type: 'int' })
  sku!: number;

  @PrimaryColumn({ length: 3 })
  currency!: string;

  @Column({
    type: 'int',
    transformer: {
      to: (value: unknown) => (value instanceof Money ? value.cents : value),
      from: (value: number) => new Money(value),
    },
  })
  amount!: Money;
}

/** Refers to both columns, and follows them. */
@Entity()
export class Offer {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ length: 10 })
  title!: string;

  @ManyToOne(() => Price, { onUpdate: 'CASCADE', onDelete: 'CASCADE', nullable: true })
  @JoinColumn([
    { name: 'price_sku', referencedColumnName: 'sku' },
    { name: 'price_currency', referencedColumnName: 'currency' },
  ])
  price!: Relation<Price> | null;

  @Column({ name: 'price_sku', type: 'int', nullable: true })
  priceSku!: number | null;
}

@Entity()
@Tree('materialized-path')
export class Branch {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ length: 10 })
  name!: string;

  @TreeChildren()
  children!: Relation<Branch>[];

  @TreeParent({ onDelete: 'CASCADE' })
  @JoinColumn({ name: 'parent_id' })
  parent!: Relation<Branch> | null;
}

@Entity()
@Tree('closure-table')
export class Folder {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ length: 10 })
  name!: string;

  @TreeChildren()
  children!: Relation<Folder>[];

  @TreeParent({ onDelete: 'CASCADE' })
  @JoinColumn({ name: 'parent_id' })
  parent!: Relation<Folder> | null;
}

/** The third way to keep a tree; it has one root only. */
@Entity()
@Tree('nested-set')
export class Shelf {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ length: 10 })
  name!: string;

  @TreeChildren()
  children!: Relation<Shelf>[];

  @TreeParent({ onDelete: 'CASCADE' })
  @JoinColumn({ name: 'parent_id' })
  parent!: Relation<Shelf> | null;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
export class Animal {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ length: 10 })
  name!: string;
}

@ChildEntity()
export class Dog extends Animal {
  @Column({ nullable: true, type: 'int' })
  barks!: number | null;
}

@ChildEntity()
export class Cat extends Animal {
  @Column({ nullable: true, type: 'int' })
  lives!: number | null;
}

@ViewEntity({
  name: 'post_summary',
  expression:
    'SELECT post.id AS id, post.title AS title, post.views AS views, author.name AS author_name ' +
    'FROM post LEFT JOIN author ON author.id = post.author_id',
})
export class PostSummary {
  @ViewColumn()
  id!: number;

  @ViewColumn()
  title!: string;

  @ViewColumn()
  views!: number;

  @ViewColumn({ name: 'author_name' })
  authorName!: string | null;
}

/** A view on a view. */
@ViewEntity({
  name: 'busy_post',
  dependsOn: [PostSummary],
  expression: 'SELECT post_summary.id AS id, post_summary.author_name AS author_name FROM post_summary WHERE views > 1',
})
export class BusyPost {
  @ViewColumn()
  id!: number;

  @ViewColumn({ name: 'author_name' })
  authorName!: string | null;
}

export const entities = {
  Profile,
  Author,
  Category,
  Post,
  Tag,
  Comment,
  Price,
  Offer,
  Branch,
  Folder,
  Shelf,
  Animal,
  Dog,
  Cat,
  PostSummary,
  BusyPost,
};

export type EntityName = keyof typeof entities;
