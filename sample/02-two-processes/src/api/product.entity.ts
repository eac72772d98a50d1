import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('shop_product')
export class Product {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'int' })
  price!: number;
}
