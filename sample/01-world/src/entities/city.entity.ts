import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Country } from './country.entity.js';

@Entity('world_city')
@Index(['countryCode', 'population'])
@Index(['latitude', 'longitude'])
export class City {
  /** The GeoNames id of a city that was loaded; the next free number for a new one. */
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  /** The name in lower case and without accents, which is what people type into a search box. */
  @Index()
  @Column({ type: 'varchar', select: false })
  searchName!: string;

  @Column({ type: 'integer' })
  population!: number;

  @Column({ type: 'double precision' })
  latitude!: number;

  @Column({ type: 'double precision' })
  longitude!: number;

  @Column({ type: 'varchar', length: 2 })
  countryCode!: string;

  @ManyToOne(() => Country, (country) => country.cities, { nullable: false })
  @JoinColumn({ name: 'countryCode' })
  country!: Relation<Country>;
}
