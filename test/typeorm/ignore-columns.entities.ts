import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  EntitySchema,
  Index,
  JoinColumn,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
  TableInheritance,
  UpdateDateColumn,
  VersionColumn,
  ViewColumn,
  ViewEntity,
  type Relation,
} from 'typeorm';

class Counters {
  @Column({ type: 'int', default: 0 }) likes!: number;
}

@Entity()
export class Section {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  @OneToMany(() => Article, (article) => article.section, { cascade: true }) articles?: Relation<Article>[];
}

@Entity()
export class Article {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ unique: true, length: 40 }) slug!: string;
  @Column() title!: string;
  @Column({ name: 'View_Count', type: 'int', default: 0 }) views!: number;
  @Column({ type: 'simple-json', nullable: true }) stats!: { seen: number } | null;
  @Column(() => Counters) counters!: Counters;
  @DeleteDateColumn() gone?: Date | null;
  @ManyToOne(() => Section, (section) => section.articles, { nullable: true }) section?: Relation<Section> | null;
}

/** Refers to a column that is no key. */
@Entity()
export class Comment {
  @PrimaryGeneratedColumn() id!: number;
  @ManyToOne(() => Article, { nullable: true })
  @JoinColumn({ name: 'slug', referencedColumnName: 'slug' })
  article?: Relation<Article> | null;
}

/** Columns that change with every `save()`. */
@Entity()
export class Page {
  @PrimaryGeneratedColumn() id!: number;
  @Column() title!: string;
  @Column({ type: 'int', default: 0 }) views!: number;
  @VersionColumn() version!: number;
  @UpdateDateColumn() changed!: Date;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
export class Medium {
  @PrimaryGeneratedColumn() id!: number;
  @Index() @Column({ length: 40 }) title!: string;
  @Column({ type: 'int', default: 0 }) plays!: number;
}

@ChildEntity()
export class Song extends Medium {
  @Column({ nullable: true }) singer?: string;
}

/** The table of articles as another class. */
@Entity('article', { synchronize: false })
export class Headline {
  @PrimaryGeneratedColumn() id!: number;
  @Column() title!: string;
  @Column({ name: 'View_Count', type: 'int', default: 0 }) views!: number;
}

/** Stored in a view, if there is one of that name. */
@Entity('title', { synchronize: false })
export class Title {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ name: 'View_Count' }) views!: string;
}

@ViewEntity({ expression: (dataSource) => dataSource.createQueryBuilder().select('a.id', 'id').from(Article, 'a') })
export class ArticleView {
  @ViewColumn() id!: number;
}

export const Classless = new EntitySchema<{ id: number; views: number }>({
  name: 'Classless',
  columns: { id: { type: 'int', primary: true, generated: true }, views: { type: 'int', default: 0 } },
});

export const entities = [Section, Article, Comment, Page, Medium, Song, Classless];
