import type { EntityManager } from 'typeorm';
import type { Dice } from '../../../test/support/dice.js';
import { Zipf } from '../uneven-chances.js';
import { Brand, Cart, CartItem, Category, Customer, Order, OrderLine, Product, Review, Stock } from './entities.js';

/** How large a shop is. */
export interface ShopSize {
  readonly products: number;
  readonly customers: number;
  readonly categories: number;
  readonly brands: number;
}

/** The states of an order, one after the other. */
export const ORDER_STATES: readonly string[] = ['open', 'paid', 'shipped'];

/** How many rows one statement inserts. */
const CHUNK = 200;

/** Whom and what people ask for: some products, customers and categories far more often than others. */
export class Shop {
  private readonly popularProducts: Zipf;
  private readonly busyCustomers: Zipf;
  private readonly popularCategories: Zipf;
  private readonly recentOrders: Zipf;
  /** Orders so far; their ids are 1 to this. */
  orders: number;

  constructor(readonly size: ShopSize) {
    this.popularProducts = new Zipf(size.products);
    this.busyCustomers = new Zipf(size.customers);
    this.popularCategories = new Zipf(size.categories);
    this.orders = size.customers;
    this.recentOrders = new Zipf(size.customers);
  }

  product(dice: Dice): number {
    return 1 + this.popularProducts.draw(dice);
  }

  customer(dice: Dice): number {
    return 1 + this.busyCustomers.draw(dice);
  }

  category(dice: Dice): number {
    return 1 + this.popularCategories.draw(dice);
  }

  brand(dice: Dice): number {
    return 1 + dice.below(this.size.brands);
  }

  order(dice: Dice): number {
    return this.orders - this.recentOrders.draw(dice);
  }

  /** Fills the empty tables. All ids count from 1; a customer's cart has the customer's id. */
  async open(manager: EntityManager, dice: Dice): Promise<void> {
    const { products, customers, categories, brands } = this.size;
    const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
    await this.insert(manager, Category, ids(categories), (id) => ({ slug: `category-${id}`, name: `Category ${id}` }));
    await this.insert(manager, Brand, ids(brands), (id) => ({ name: `Brand ${id}` }));
    await this.insert(manager, Product, ids(products), (id) => productLike(id, this.size, dice));
    await this.insert(manager, Stock, ids(products), (productId) => ({ productId, quantity: 1_000 }));
    await this.insert(manager, Customer, ids(customers), (id) => ({ email: emailOf(id), name: `Customer ${id}` }));
    await this.insert(manager, Cart, ids(customers), (customerId) => ({ customerId }));
    await this.insert(manager, CartItem, ids(customers), (cartId) => ({
      cartId,
      productId: this.product(dice),
      quantity: 1,
    }));
    await this.insert(manager, Review, ids(products * 3), () => ({
      productId: this.product(dice),
      customerId: this.customer(dice),
      rating: 1 + dice.below(5),
      text: 'Does what it says.',
    }));
    await this.insert(manager, Order, ids(this.orders), () => ({
      customerId: this.customer(dice),
      status: dice.of(ORDER_STATES),
      total: 1_000 + dice.below(20_000),
    }));
    await this.insert(manager, OrderLine, ids(this.orders * 2), (id) => ({
      orderId: 1 + (id % this.orders),
      productId: this.product(dice),
      quantity: 1 + dice.below(3),
      price: 1_000,
    }));
  }

  private async insert<T extends object>(
    manager: EntityManager,
    entity: new () => T,
    ids: readonly number[],
    rowOf: (id: number) => object,
  ): Promise<void> {
    for (let at = 0; at < ids.length; at += CHUNK) {
      await manager.insert(entity, ids.slice(at, at + CHUNK).map(rowOf));
    }
  }
}

/** A product nobody has seen before. */
export function productLike(number: number, { categories, brands }: ShopSize, dice: Dice): Partial<Product> {
  return {
    slug: `product-${number}`,
    name: `Product ${number}`,
    price: 100 + dice.below(10_000),
    status: dice.below(10) === 0 ? 'discontinued' : 'active',
    categoryId: 1 + dice.below(categories),
    brandId: 1 + dice.below(brands),
  };
}

/** The address that a customer signed up with. */
export function emailOf(customer: number): string {
  return `customer-${customer}@example.org`;
}
