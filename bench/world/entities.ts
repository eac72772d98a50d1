import {
  Column,
  CreateDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
  type Relation,
} from 'typeorm';

/** A flat entity of ten columns, two of them dates. */
@Entity()
export class Product {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  @Column() category!: string;
  @Column('float') price!: number;
  @Column() stock!: number;
  @Column() isActive!: boolean;
  @Column() description!: string;
  @Column() sku!: string;
  @CreateDateColumn() createdAt!: Date;
  @UpdateDateColumn() updatedAt!: Date;
}

@Entity()
export class Author {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  @Column() email!: string;
  @CreateDateColumn() createdAt!: Date;
}

@Entity()
export class Tag {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
}

/** A post with an author, tags and comments: seven objects with three tags and two comments. */
@Entity()
export class Post {
  @PrimaryGeneratedColumn() id!: number;
  @Column() title!: string;
  @Column() body!: string;
  @Column() views!: number;
  @CreateDateColumn() createdAt!: Date;
  @UpdateDateColumn() updatedAt!: Date;
  @ManyToOne(() => Author) author!: Relation<Author>;
  @ManyToMany(() => Tag) @JoinTable() tags!: Relation<Tag[]>;
  @OneToMany(() => Comment, (comment) => comment.post) comments!: Relation<Comment[]>;
}

@Entity()
export class Comment {
  @PrimaryGeneratedColumn() id!: number;
  @Column() text!: string;
  @CreateDateColumn() createdAt!: Date;
  @ManyToOne(() => Post, (post) => post.comments) post!: Relation<Post>;
}

export const ENTITIES = [Product, Author, Tag, Post, Comment];
