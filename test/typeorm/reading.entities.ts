import {
  AfterLoad,
  BaseEntity,
  Column,
  DeleteDateColumn,
  Entity,
  EntitySchema,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  Tree,
  TreeChildren,
  TreeParent,
  VersionColumn,
  ViewColumn,
  ViewEntity,
  type Relation,
} from 'typeorm';

@Entity()
export class Maker {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  @OneToMany(() => Goods, (goods) => goods.maker) goods?: Relation<Goods>[];
}

@Entity()
export class Goods {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  @Column({ default: 0 }) price!: number;
  @Column({ default: '' }) kind!: string;
  @DeleteDateColumn() gone?: Date | null;
  @ManyToOne(() => Maker, (maker) => maker.goods, { nullable: true }) maker?: Relation<Maker> | null;
}

@ViewEntity({
  expression: (dataSource) =>
    dataSource
      .createQueryBuilder()
      .select('g.id', 'id')
      .addSelect('g.name', 'name')
      .from(Goods, 'g')
      .where("g.kind = 'light'"),
})
export class GoodsView {
  @ViewColumn() @PrimaryColumn() id!: number;
  @ViewColumn() name!: string;
}

@Entity()
export class Kind {
  @PrimaryColumn({ length: 40 }) code!: string;
  @Column({ default: '' }) text!: string;
}

/** The same table as another class. */
@Entity('kind')
export class Sort {
  @PrimaryColumn({ length: 40 }) code!: string;
  @Column({ default: '' }) text!: string;
}

/** Always brings its maker along. */
@Entity()
export class Part {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  @ManyToOne(() => Maker, { eager: true }) maker?: Relation<Maker>;
}

/** Its key means other rows to the program than to the database. */
@Entity()
export class Coded {
  @PrimaryColumn({
    type: Number,
    transformer: { from: (id: number) => id, to: (id: unknown) => (typeof id === 'string' ? Number(id) + 1 : id) },
  })
  id!: number;
  @Column() name!: string;
}

/** Counts its kin whenever it is made. */
@Entity()
export class Clan extends BaseEntity {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  kin?: string[];

  @AfterLoad()
  async findKin(): Promise<void> {
    const rows: { name: string }[] = await Clan.getRepository().query(
      'SELECT name FROM clan WHERE id IN (1, 2) ORDER BY id',
    );
    this.kin = rows.map(({ name }) => name);
  }
}

/** An active record with a version. */
@Entity()
export class Bill extends BaseEntity {
  @PrimaryGeneratedColumn() id!: number;
  @Column() total!: number;
  @VersionColumn() version!: number;
}

export interface Note {
  id: number;
  text: string;
}

export const NoteSchema = new EntitySchema<Note>({
  name: 'Note',
  columns: { id: { type: Number, primary: true, generated: true }, text: { type: String } },
});

export abstract class Branch {
  static readonly all: readonly (new () => Branch)[] = [];

  id!: number;
  name!: string;
  parent?: Branch | null;
  children?: Branch[];
}

@Entity()
@Tree('closure-table')
export class ClosureBranch extends Branch {
  @PrimaryGeneratedColumn() declare id: number;
  @Column() declare name: string;
  @TreeParent() declare parent?: Relation<ClosureBranch> | null;
  @TreeChildren() declare children?: Relation<ClosureBranch>[];
}

@Entity()
@Tree('materialized-path')
export class PathBranch extends Branch {
  @PrimaryGeneratedColumn() declare id: number;
  @Column() declare name: string;
  @TreeParent() declare parent?: Relation<PathBranch> | null;
  @TreeChildren() declare children?: Relation<PathBranch>[];
}

@Entity()
@Tree('nested-set')
export class NestedBranch extends Branch {
  @PrimaryGeneratedColumn() declare id: number;
  @Column() declare name: string;
  @TreeParent() declare parent?: Relation<NestedBranch> | null;
  @TreeChildren() declare children?: Relation<NestedBranch>[];
}

Object.assign(Branch, { all: [ClosureBranch, PathBranch, NestedBranch] });

export const entities = [
  Maker,
  Goods,
  GoodsView,
  Kind,
  Sort,
  Part,
  Coded,
  Clan,
  Bill,
  NoteSchema,
  ClosureBranch,
  PathBranch,
  NestedBranch,
];
