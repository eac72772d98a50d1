import {
  AfterLoad,
  BaseEntity,
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  JoinColumn,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  RelationId,
  TableInheritance,
  UpdateDateColumn,
  VersionColumn,
  VirtualColumn,
  type Relation,
} from 'typeorm';

/** Neither JSON nor a copy without its constructor makes one. */
export class Iban {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }
}

export class Place {
  @Column({ default: 'here' }) town!: string;
  @Column({ type: 'int', nullable: true }) zip!: number | null;

  get label(): string {
    return `${this.zip} ${this.town}`;
  }
}

@Entity()
export class Holder extends BaseEntity {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  @OneToMany(() => Ledger, (ledger) => ledger.holder, { cascade: true }) ledgers!: Relation<Ledger>[];
}

/** A column of each kind that is made into something else on its way. */
@Entity()
export class Ledger {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'bigint', default: 1 }) big!: string;
  @Column({ type: 'decimal', precision: 8, scale: 2, default: 0 }) amount!: string;
  @Column({ type: 'decimal', precision: 8, scale: 2, nullable: true }) rate!: string | null;
  @Column({ default: 0 }) entries!: number;
  @Column({ type: 'simple-json', nullable: true }) notes!: object | null;
  @Column({
    type: 'varchar',
    nullable: true,
    transformer: {
      to: (iban?: Iban | null) => iban?.text ?? null,
      from: (text: string | null) => (text === null ? null : new Iban(text)),
    },
  })
  iban!: Iban | null;
  @Column({ default: 'hidden', select: false }) secret!: string;
  @Column(() => Place) place!: Place;
  @ManyToOne(() => Holder, (holder) => holder.ledgers, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn({ name: 'The Holder' })
  holder?: Relation<Holder> | null;
  @UpdateDateColumn() updated!: Date;
  @VersionColumn() version!: number;
  @DeleteDateColumn() deleted!: Date | null;
}

@Entity()
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
export class Pet {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
}

@ChildEntity()
export class Dog extends Pet {
  @Column({ default: 0 }) barks!: number;
}

@ChildEntity()
export class Cat extends Pet {
  @Column({ default: 9 }) lives!: number;
}

/** Computes something when it is loaded. */
@Entity()
export class Loud {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  shout?: string;

  @AfterLoad()
  raise(): void {
    this.shout = this.name.toUpperCase();
  }
}

/** Asks the database for more when it is loaded. */
@Entity()
export class Curious extends BaseEntity {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  holders?: number;

  @AfterLoad()
  async look(): Promise<void> {
    this.holders = await Holder.count();
  }
}

/** More than a row of its table. */
@Entity()
export class Broad {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  @ManyToOne(() => Holder, { eager: true, nullable: true }) holder?: Relation<Holder> | null;
}

/** The same, by what it computes. */
@Entity()
export class Counting {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  @VirtualColumn({ query: () => 'SELECT COUNT(*) FROM holder' }) holders!: number;
}

/** And by whom it names. */
@Entity()
export class Naming {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  @ManyToOne(() => Holder, { nullable: true }) holder?: Relation<Holder> | null;
  @RelationId((naming: Naming) => naming.holder) holderId!: number | null;
}

/** Known by two columns. */
@Entity()
export class Pair {
  @PrimaryColumn() one!: number;
  @PrimaryColumn() two!: number;
  @Column() name!: string;
}

export const entities = [Holder, Ledger, Pet, Dog, Cat, Loud, Curious, Broad, Counting, Naming, Pair];
