import {
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';

@Entity()
export class Category {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ unique: true }) slug!: string;
  @Column() name!: string;
}

@Entity()
export class Brand {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
}

@Entity()
export class Product {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ unique: true }) slug!: string;
  @Column() name!: string;
  /** In cents. */
  @Column() price!: number;
  @Column() status!: string;
  @Column() categoryId!: number;
  @Column() brandId!: number;
  @ManyToOne(() => Category) @JoinColumn({ name: 'categoryId' }) category!: Relation<Category>;
  @ManyToOne(() => Brand) @JoinColumn({ name: 'brandId' }) brand!: Relation<Brand>;
  @OneToMany(() => Review, (review) => review.product) reviews!: Relation<Review[]>;
}

/** In a table of its own, because it changes all the time. */
@Entity()
export class Stock {
  @PrimaryColumn() productId!: number;
  @Column() quantity!: number;
}

@Entity()
export class Customer {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ unique: true }) email!: string;
  @Column() name!: string;
}

@Entity()
export class Review {
  @PrimaryGeneratedColumn() id!: number;
  @Column() rating!: number;
  @Column() text!: string;
  @Index() @Column() productId!: number;
  @Column() customerId!: number;
  @ManyToOne(() => Product, (product) => product.reviews)
  @JoinColumn({ name: 'productId' })
  product!: Relation<Product>;
  @ManyToOne(() => Customer) @JoinColumn({ name: 'customerId' }) customer!: Relation<Customer>;
}

/** Every customer has one. */
@Entity()
export class Cart {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ unique: true }) customerId!: number;
  @OneToMany(() => CartItem, (item) => item.cart) items!: Relation<CartItem[]>;
}

@Entity()
export class CartItem {
  @PrimaryGeneratedColumn() id!: number;
  @Column() quantity!: number;
  @Index() @Column() cartId!: number;
  @Column() productId!: number;
  @ManyToOne(() => Cart, (cart) => cart.items) @JoinColumn({ name: 'cartId' }) cart!: Relation<Cart>;
  @ManyToOne(() => Product) @JoinColumn({ name: 'productId' }) product!: Relation<Product>;
}

@Entity()
export class Order {
  @PrimaryGeneratedColumn() id!: number;
  @Column() status!: string;
  @Column() total!: number;
  @Index() @Column() customerId!: number;
  @OneToMany(() => OrderLine, (line) => line.order) lines!: Relation<OrderLine[]>;
}

@Entity()
export class OrderLine {
  @PrimaryGeneratedColumn() id!: number;
  @Column() quantity!: number;
  @Column() price!: number;
  @Index() @Column() orderId!: number;
  @Column() productId!: number;
  @ManyToOne(() => Order, (order) => order.lines) @JoinColumn({ name: 'orderId' }) order!: Relation<Order>;
  @ManyToOne(() => Product) @JoinColumn({ name: 'productId' }) product!: Relation<Product>;
}

export const SHOP_ENTITIES = [Category, Brand, Product, Stock, Customer, Review, Cart, CartItem, Order, OrderLine];
