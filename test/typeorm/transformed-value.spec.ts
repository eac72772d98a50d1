import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';
import { Copier } from '../../lib/codec/copy/copier.js';
import { describeEntityClass } from '../../lib/typeorm/entities/entity-shape.js';
import { describeDatabases, openDataSource } from '../support/databases.js';

/** Keeps to itself whatever the database handed over. */
class Hidden {
  #held: unknown;

  constructor(held: unknown) {
    this.#held = held;
  }

  get(): unknown {
    return this.#held;
  }
}

const hiding = (to: (held: never) => unknown = (held) => held): ValueTransformer => ({
  to: (value: Hidden | undefined) => value && to(value.get() as never),
  from: (held: unknown) => (held === null ? null : new Hidden(held)),
});

/** As `from` would be given it twice: `hiding` keeps it, and then somebody else's transformer has its turn. */
const doubling: ValueTransformer = { to: (text?: string) => text?.slice(1), from: (text: string) => `x${text}` };

@Entity()
class Vault {
  @PrimaryColumn()
  id!: number;

  @Column({ type: 'decimal', precision: 10, scale: 2, transformer: hiding(Number) })
  price!: Hidden;

  @Column({ type: 'bigint', transformer: hiding(BigInt) })
  big!: Hidden;

  @Column({ type: 'date', transformer: hiding((text: string) => new Date(`${text}T12:00:00`)) })
  day!: Hidden;

  @Column({ type: Date, transformer: hiding((at: Date) => at.toISOString()) })
  at!: Hidden;

  @Column({ type: 'json', transformer: hiding((held: object) => ({ ...held, never: undefined })) })
  json!: Hidden;

  @Column({ type: 'simple-array', transformer: hiding() })
  list!: Hidden;

  @Column({ type: Boolean, transformer: hiding() })
  flag!: Hidden;

  @Column({ type: 'varchar', transformer: [hiding(), doubling] })
  text!: Hidden;

  @Column({ type: 'varchar', nullable: true, transformer: hiding() })
  nothing!: Hidden | null;
}

const columns = ['price', 'big', 'day', 'at', 'json', 'list', 'flag', 'text'] as const;

describeDatabases('a value hidden by a transformer', (database) => {
  it('is copied as if it had been read again, to the type of what is hidden', async () => {
    const dataSource = await openDataSource(database, [Vault]);
    const held = {
      price: '12.50',
      big: '42',
      day: '2024-02-29',
      at: new Date('2024-02-29T12:34:56.000Z'),
      json: { deep: [1, { two: 2 }] },
      list: ['a', 'b'],
      flag: true,
      text: 'xtext',
    };
    const vault = Object.assign(new Vault(), { id: 1, nothing: null });
    for (const column of columns) vault[column] = new Hidden(held[column]);
    await dataSource.manager.insert(Vault, vault);
    const original = await dataSource.manager.findOneByOrFail(Vault, { id: 1 });
    const stored = new Copier(describeEntityClass(() => [dataSource])).store(original);
    const copy = stored.copy(stored.value);

    for (const column of columns) expect([column, copy[column].get()]).toStrictEqual([column, original[column].get()]);
    expect(copy.nothing).toBeNull();
    (copy.json.get() as { deep: unknown[] }).deep.length = 0;
    (copy.list.get() as unknown[]).length = 0;
    (copy.at.get() as Date).setTime(0);
    const again = stored.copy(stored.value);
    for (const column of columns) expect([column, again[column].get()]).toStrictEqual([column, original[column].get()]);
  });
});
