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
  TableInheritance,
  Tree,
  TreeChildren,
  TreeParent,
  UpdateDateColumn,
  VersionColumn,
  ViewColumn,
  ViewEntity,
  type Relation,
} from 'typeorm';

@Entity()
export class Profile {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  bio!: string;
}

@Entity()
export class Person {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @Column({ default: 0 })
  age!: number;

  @Column({ length: 80, unique: true })
  email!: string;

  @OneToOne(() => Profile, { cascade: true, onDelete: 'SET NULL' })
  @JoinColumn()
  profile!: Relation<Profile> | null;

  @OneToMany(() => Post, (post) => post.author, { cascade: true })
  posts!: Relation<Post>[];

  @UpdateDateColumn()
  updated!: Date;

  @VersionColumn()
  version!: number;

  @DeleteDateColumn()
  deleted!: Date | null;
}

/** Refers to a column that is not the primary key, and follows when it changes. */
@Entity()
export class Badge {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  title!: string;

  @ManyToOne(() => Person, { onDelete: 'CASCADE', onUpdate: 'CASCADE' })
  @JoinColumn({ referencedColumnName: 'email' })
  person!: Relation<Person>;
}

@Entity()
export class Post {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  title!: string;

  @Column({ default: 0 })
  counter!: number;

  @ManyToOne(() => Person, (person) => person.posts, { onDelete: 'CASCADE', nullable: true })
  author!: Relation<Person> | null;

  @ManyToMany(() => Tag, { cascade: true })
  @JoinTable({ name: 'post_tags' })
  tags!: Relation<Tag>[];

  @OneToMany(() => Comment, (comment) => comment.post, { cascade: true })
  comments!: Relation<Comment>[];

  @OneToMany(() => Note, (note) => note.post, { cascade: true })
  notes!: Relation<Note>[];
}

/** Named by a text, which databases compare in their own ways. */
@Entity()
export class Tag {
  @PrimaryColumn({ length: 40 })
  slug!: string;

  @Column({ default: '' })
  label!: string;
}

/** Named by a uuid, and deleted when its post gives it up. */
@Entity()
export class Comment {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column()
  text!: string;

  @ManyToOne(() => Post, (post) => post.comments, { onDelete: 'CASCADE', orphanedRowAction: 'delete' })
  post!: Relation<Post>;
}

/** Softly deleted when its post gives it up. */
@Entity()
export class Note {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  text!: string;

  @ManyToOne(() => Post, (post) => post.notes, { onDelete: 'CASCADE', orphanedRowAction: 'soft-delete' })
  post!: Relation<Post> | null;

  @DeleteDateColumn()
  deleted!: Date | null;
}

/** Refers to itself, so that deleting one row deletes a whole chain. */
@Entity()
export class Part {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @ManyToOne(() => Part, { onDelete: 'CASCADE', nullable: true })
  whole!: Relation<Part> | null;
}

@Entity()
export class Price {
  @PrimaryColumn()
  sku!: number;

  @PrimaryColumn({ length: 3 })
  currency!: string;

  @Column()
  amount!: number;
}

/** The beginning of a chain of foreign keys that follow each other's changes. */
@Entity()
export class Country {
  @PrimaryColumn({ length: 2 })
  code!: string;

  @Column()
  name!: string;
}

@Entity()
export class Region {
  @PrimaryColumn({ length: 2 })
  countryCode!: string;

  @PrimaryColumn({ length: 20 })
  name!: string;

  @ManyToOne(() => Country, { onUpdate: 'CASCADE', onDelete: 'CASCADE' })
  @JoinColumn({ name: 'countryCode' })
  country!: Relation<Country>;
}

@Entity()
export class Town {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @ManyToOne(() => Region, { onUpdate: 'CASCADE', onDelete: 'SET NULL', nullable: true })
  region!: Relation<Region> | null;
}

@Entity()
@Tree('closure-table')
export class ClosureNode {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @TreeChildren()
  children!: Relation<ClosureNode>[];

  @TreeParent({ onDelete: 'CASCADE' })
  parent!: Relation<ClosureNode> | null;
}

@Entity()
@Tree('nested-set')
export class NestedNode {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @TreeChildren()
  children!: Relation<NestedNode>[];

  @TreeParent()
  parent!: Relation<NestedNode> | null;
}

@Entity()
@Tree('materialized-path')
export class PathNode {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @TreeChildren()
  children!: Relation<PathNode>[];

  @TreeParent()
  parent!: Relation<PathNode> | null;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
export class Animal {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;
}

@ChildEntity()
export class Dog extends Animal {
  @Column({ nullable: true })
  breed!: string;
}

@ChildEntity()
export class Cat extends Animal {
  @Column({ nullable: true })
  lives!: number;
}

/** A table no other refers to, which may be emptied, truncated and altered. */
@Entity()
export class Scrap {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  text!: string;
}

/** Simple enough that a database lets rows of the table be written through it. */
@ViewEntity({ expression: 'SELECT id, name, counter FROM item WHERE counter >= 0' })
export class ItemView {
  @ViewColumn()
  id!: number;

  @ViewColumn()
  name!: string;

  @ViewColumn()
  counter!: number;
}

/** What the view shows. */
@Entity()
export class Item {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @Column({ default: 0 })
  counter!: number;
}

export const entities = [
  Profile,
  Person,
  Badge,
  Post,
  Tag,
  Comment,
  Note,
  Part,
  Price,
  Country,
  Region,
  Town,
  ClosureNode,
  NestedNode,
  PathNode,
  Animal,
  Dog,
  Cat,
  Scrap,
  Item,
  ItemView,
];
