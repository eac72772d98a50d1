import { Column, Entity, Index, JoinTable, ManyToMany, OneToMany, PrimaryColumn } from 'typeorm';
import { City } from './city.entity.js';
import { Currency } from './currency.entity.js';
import { Language } from './language.entity.js';

@Entity('world_country')
export class Country {
  /** ISO 3166-1 alpha-2, for example `CH`. */
  @PrimaryColumn({ type: 'varchar', length: 2 })
  code!: string;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar' })
  officialName!: string;

  @Column({ type: 'varchar', nullable: true })
  capital!: string | null;

  @Index()
  @Column({ type: 'varchar' })
  region!: string;

  @Column({ type: 'varchar' })
  subregion!: string;

  /** Square kilometres. */
  @Column({ type: 'double precision' })
  area!: number;

  @Column({ type: 'double precision' })
  latitude!: number;

  @Column({ type: 'double precision' })
  longitude!: number;

  @Column({ type: 'boolean' })
  landlocked!: boolean;

  @Column({ type: 'varchar' })
  flag!: string;

  /** A border is two rows, one for each side. */
  @ManyToMany(() => Country)
  @JoinTable({
    name: 'world_border',
    joinColumn: { name: 'countryCode' },
    inverseJoinColumn: { name: 'neighbourCode' },
  })
  neighbours!: Country[];

  @ManyToMany(() => Language)
  @JoinTable({
    name: 'world_country_language',
    joinColumn: { name: 'countryCode' },
    inverseJoinColumn: { name: 'languageCode' },
  })
  languages!: Language[];

  @ManyToMany(() => Currency)
  @JoinTable({
    name: 'world_country_currency',
    joinColumn: { name: 'countryCode' },
    inverseJoinColumn: { name: 'currencyCode' },
  })
  currencies!: Currency[];

  @OneToMany(() => City, (city) => city.country)
  cities!: City[];
}
