import { Column, Entity, ManyToOne, OneToMany, PrimaryColumn, VersionColumn, type Relation } from 'typeorm';

/** Never deleted, so that sums over all of them only grow. */
@Entity()
export class Keeper {
  @PrimaryColumn('int')
  id!: number;

  /** Of the write that made this state: an answer with a note that nobody committed is a dirty one. */
  @Column('text')
  note!: string;

  /** Raised by every commit. */
  @VersionColumn()
  version!: number;

  @OneToMany(() => Animal, (animal) => animal.keeper)
  animals?: Relation<Animal>[];
}

/** Moves from keeper to keeper, is deleted and inserted again. */
@Entity()
export class Animal {
  @PrimaryColumn('int')
  id!: number;

  /** How many times it has been inserted; the version starts anew with each. */
  @Column('int')
  life!: number;

  @Column('text')
  note!: string;

  @Column('int')
  keeperId!: number;

  @ManyToOne(() => Keeper, (keeper) => keeper.animals)
  keeper?: Relation<Keeper>;

  @VersionColumn()
  version!: number;
}

/** Remembers the lives of animals while there are none; read by writers only. */
@Entity()
export class Grave {
  @PrimaryColumn('int')
  id!: number;

  @Column('int')
  life!: number;
}

export const ENTITIES = [Keeper, Animal, Grave];

/** How many rows there are of each kind: few, so that readers and writers meet. */
export const KEEPERS = 6;
export const ANIMALS = 18;
