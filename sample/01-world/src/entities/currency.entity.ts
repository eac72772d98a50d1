import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('world_currency')
export class Currency {
  /** ISO 4217, for example `CHF`. */
  @PrimaryColumn({ type: 'varchar', length: 3 })
  code!: string;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar' })
  symbol!: string;
}
