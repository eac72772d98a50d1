import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('world_language')
export class Language {
  /** ISO 639-3, for example `gsw`. */
  @PrimaryColumn({ type: 'varchar', length: 3 })
  code!: string;

  @Column({ type: 'varchar' })
  name!: string;
}
