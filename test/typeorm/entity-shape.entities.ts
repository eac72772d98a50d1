import {
  AfterLoad,
  ChildEntity,
  Column,
  CreateDateColumn,
  Entity,
  EntitySchema,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  OneToOne,
  JoinColumn,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  RelationId,
  TableInheritance,
  VirtualColumn,
  type Relation,
} from 'typeorm';

/** A value object that keeps its state where everybody can see it. */
export class Money {
  constructor(
    readonly amount: string,
    readonly currency: string,
  ) {}

  get written(): string {
    return `${this.amount} ${this.currency}`;
  }
}

/** A value object that keeps its state to itself. */
export class Secret {
  #text: string;
  readonly length: number;

  constructor(text: string) {
    this.#text = text;
    this.length = text.length;
  }

  reveal(): string {
    return this.#text;
  }
}

/** A value object whose state is an object that `to` hands out as it is. */
export class Fingerprint {
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }
}

export class Point {
  @Column({ type: 'double', nullable: true })
  latitude!: number | null;

  @Column({ type: 'double', nullable: true })
  longitude!: number | null;
}

export class Address {
  @Column({ nullable: true, type: 'varchar' })
  street!: string | null;

  @Column({ nullable: true, type: 'varchar' })
  city!: string | null;

  @Column({ nullable: true, type: 'datetime' })
  since!: Date | null;

  @Column(() => Point)
  point!: Point;

  get line(): string {
    return `${this.street}, ${this.city}`;
  }
}

/** Embedded, and with private state behind an accessor. */
export class Rating {
  #stars = 0;

  @Column({ name: 'stars', type: 'int', default: 0 })
  get stars(): number {
    return this.#stars;
  }

  set stars(stars: number) {
    this.#stars = stars;
  }

  shown(): string {
    return '*'.repeat(this.#stars);
  }
}

@Entity()
export class Author {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @CreateDateColumn()
  born!: Date;

  @Column({ type: 'blob', nullable: true })
  photo!: Buffer | null;

  @Column({
    type: 'varchar',
    nullable: true,
    transformer: {
      to: (value?: bigint) => value?.toString(),
      from: (text: string | null) => (text === null ? null : BigInt(text)),
    },
  })
  balance!: bigint | null;

  @Column({ type: 'simple-json', nullable: true })
  settings!: { theme: string; nested: { list: number[] } } | null;

  @Column({ type: 'simple-array', nullable: true })
  nicknames!: string[] | null;

  @Column({
    type: 'varchar',
    nullable: true,
    transformer: {
      to: (value?: Money) => value && `${value.amount} ${value.currency}`,
      from: (text: string | null) => text && new Money(...(text.split(' ') as [string, string])),
    },
  })
  income!: Money | null;

  @Column({
    type: 'varchar',
    nullable: true,
    transformer: { to: (value?: Secret) => value?.reveal(), from: (text: string | null) => text && new Secret(text) },
  })
  secret!: Secret | null;

  @Column({
    type: 'blob',
    nullable: true,
    transformer: {
      to: (value?: Fingerprint) => value?.bytes,
      from: (bytes: Uint8Array | null) => bytes && new Fingerprint(bytes),
    },
  })
  fingerprint!: Fingerprint | null;

  @Column({
    type: 'datetime',
    nullable: true,
    transformer: [
      { to: (value?: Map<string, Date>) => value?.get('at'), from: (at: Date | null) => at && new Map([['at', at]]) },
    ],
  })
  visits!: Map<string, Date> | null;

  @Column(() => Address)
  address!: Address;

  @OneToMany(() => Post, (post) => post.author)
  posts!: Promise<Relation<Post>[]>;

  @OneToOne(() => Profile, (profile) => profile.author)
  profile!: Promise<Relation<Profile> | null>;

  @ManyToOne(() => Author, { nullable: true })
  mentor!: Relation<Author> | null;

  @OneToMany(() => Animal, (animal) => animal.owner)
  animals!: Relation<Animal>[];

  @VirtualColumn({ query: (alias) => `SELECT COUNT(*) FROM "post" WHERE "post"."authorId" = ${alias}."id"` })
  postCount!: number;

  greeting?: string;

  seen?: Set<string>;

  get shouted(): string {
    return this.name.toUpperCase();
  }

  @AfterLoad()
  greet(): void {
    this.greeting = `I am ${this.name}`;
    this.seen = new Set([this.name]);
  }
}

@Entity()
export class Post {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  title!: string;

  @ManyToOne(() => Author, (author) => author.posts)
  author!: Promise<Relation<Author>>;

  @RelationId((post: Post) => post.author)
  authorId!: number;

  @ManyToMany(() => Label)
  @JoinTable()
  labels!: Relation<Label>[];

  @RelationId((post: Post) => post.labels)
  labelIds!: number[];
}

@Entity()
export class Label {
  @PrimaryColumn()
  id!: number;

  @Column(() => Rating)
  rating!: Rating;
}

@Entity()
export class Profile {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  text!: string;

  @OneToOne(() => Author, (author) => author.profile)
  @JoinColumn()
  author!: Relation<Author>;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
export class Animal {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @ManyToOne(() => Author, (author) => author.animals)
  owner!: Relation<Author>;
}

@ChildEntity()
export class Dog extends Animal {
  @Column({ nullable: true })
  breed!: string;

  bark(): string {
    return `${this.name} barks`;
  }
}

@ChildEntity()
export class Cat extends Animal {
  @Column({ type: 'int', nullable: true })
  lives!: number;
}

/** An entity with private state: behind an accessor, made by its constructor, and made by a listener. */
@Entity()
export class Account {
  #pin = '';
  #log: string[] = ['made'];
  #initials = '';

  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  holder!: string;

  @Column(() => Rating)
  rating!: Rating;

  @ManyToOne(() => Author, { lazy: true, nullable: true })
  keeper!: Promise<Author | null>;

  /** How often the row was loaded; a listener that counts must not count copies. */
  loads?: number;

  @Column()
  get pin(): string {
    return this.#pin;
  }

  set pin(pin: string) {
    this.#pin = pin;
  }

  get log(): string[] {
    return this.#log;
  }

  get initials(): string {
    return this.#initials;
  }

  @AfterLoad()
  afterLoad(): void {
    this.loads = (this.loads ?? 0) + 1;
    this.#initials = this.holder
      .split(' ')
      .map(([first]) => first)
      .join('');
  }
}

/** An entity whose constructor binds a function, and counts how often it runs. */
@Entity()
export class Greeter {
  static made = 0;

  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  greet = (): string => `Hello, ${this.name}`;

  constructor() {
    Greeter.made++;
  }
}

@Entity()
export class AsyncAccount {
  #extra = 0;

  @PrimaryGeneratedColumn()
  id!: number;

  @AfterLoad()
  async load(): Promise<void> {
    this.#extra = await Promise.resolve(1);
  }

  get extra(): number {
    return this.#extra;
  }
}

/** An entity of no class at all: its rows are plain objects. */
export const Setting: EntitySchema<{ key: string; value: Date | null }> = new EntitySchema({
  name: 'setting',
  columns: { key: { type: String, primary: true }, value: { type: 'datetime', nullable: true } },
});

/** An entity described by a schema, whose rows are instances of a class nevertheless. */
export class Visit {
  id!: number;
  at!: Date;
}

export const VisitSchema: EntitySchema<Visit> = new EntitySchema({
  name: 'visit',
  target: Visit,
  columns: { id: { type: Number, primary: true, generated: true }, at: { type: 'datetime' } },
});

export const entities = [
  Author,
  Post,
  Label,
  Profile,
  Animal,
  Dog,
  Cat,
  Account,
  AsyncAccount,
  Greeter,
  Setting,
  VisitSchema,
];
