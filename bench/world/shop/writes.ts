import type { DataSource } from 'typeorm';
import type { Dice } from '../../../test/support/dice.js';
import { CartItem, Customer, Order, OrderLine, Product, Review, Stock } from './entities.js';
import { emailOf, ORDER_STATES, productLike, type Shop } from './shop.js';

/** One way in which the shop changes, as ordinary TypeORM code. */
export interface ShopWrite {
  readonly name: string;
  /** How often in proportion to the others. */
  readonly weight: number;
  perform(dataSource: DataSource, shop: Shop, dice: Dice): Promise<unknown>;
}

export const SHOP_WRITES: readonly ShopWrite[] = [
  {
    name: 'stock change',
    weight: 30,
    perform: ({ manager }, shop, dice) =>
      manager.update(Stock, { productId: shop.product(dice) }, { quantity: dice.below(1_000) }),
  },
  {
    name: 'product into a cart',
    weight: 18,
    perform: ({ manager }, shop, dice) =>
      manager.insert(CartItem, { cartId: shop.customer(dice), productId: shop.product(dice), quantity: 1 }),
  },
  {
    name: 'quantity in a cart',
    weight: 4,
    async perform({ manager }, shop, dice) {
      const [item] = await manager.findBy(CartItem, { cartId: shop.customer(dice) });
      if (item !== undefined) await manager.increment(CartItem, { id: item.id }, 'quantity', 1);
    },
  },
  {
    name: 'product out of a cart',
    weight: 6,
    async perform({ manager }, shop, dice) {
      const [item] = await manager.findBy(CartItem, { cartId: shop.customer(dice) });
      if (item !== undefined) await manager.delete(CartItem, item.id);
    },
  },
  {
    name: 'order',
    weight: 8,
    perform: placeOrder,
  },
  {
    name: 'state of an order',
    weight: 10,
    async perform({ manager }, shop, dice) {
      const order = await manager.findOneByOrFail(Order, { id: shop.order(dice) });
      order.status = ORDER_STATES[ORDER_STATES.indexOf(order.status) + 1] ?? order.status;
      await manager.save(order);
    },
  },
  {
    name: 'review',
    weight: 8,
    perform: ({ manager }, shop, dice) =>
      manager.save(
        manager.create(Review, {
          productId: shop.product(dice),
          customerId: shop.customer(dice),
          rating: 1 + dice.below(5),
          text: 'As expected.',
        }),
      ),
  },
  {
    name: 'price',
    weight: 6,
    async perform({ manager }, shop, dice) {
      const product = await manager.findOneByOrFail(Product, { id: shop.product(dice) });
      product.price = 100 + dice.below(10_000);
      await manager.save(product);
    },
  },
  {
    name: 'status of a product',
    weight: 1,
    async perform({ manager }, shop, dice) {
      const product = await manager.findOneByOrFail(Product, { id: shop.product(dice) });
      product.status = product.status === 'active' ? 'discontinued' : 'active';
      await manager.save(product);
    },
  },
  {
    name: 'new product',
    weight: 1,
    perform: ({ manager }, shop, dice) =>
      manager.save(manager.create(Product, productLike(1_000_000 + dice.below(1_000_000_000), shop.size, dice))),
  },
  {
    name: 'name of a customer',
    weight: 6,
    async perform({ manager }, shop, dice) {
      const customer = await manager.findOneByOrFail(Customer, { id: shop.customer(dice) });
      customer.name = `Customer called ${dice.below(1_000)}`;
      await manager.save(customer);
    },
  },
  {
    name: 'email of a customer',
    weight: 2,
    async perform({ manager }, shop, dice) {
      const customer = await manager.findOneByOrFail(Customer, { id: shop.customer(dice) });
      const first = emailOf(customer.id);
      customer.email = customer.email === first ? `${customer.id}@example.com` : first;
      await manager.save(customer);
    },
  },
];

/** What is in the cart is ordered, taken from the stock, and no longer in the cart: all of it or nothing. */
async function placeOrder(dataSource: DataSource, shop: Shop, dice: Dice): Promise<void> {
  const customerId = shop.customer(dice);
  await dataSource.transaction(async (manager) => {
    const items = await manager.find(CartItem, { where: { cartId: customerId }, relations: { product: true } });
    if (items.length === 0) return;
    const total = items.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0);
    const order = await manager.save(manager.create(Order, { customerId, status: 'open', total }));
    await manager.insert(
      OrderLine,
      items.map(({ productId, quantity, product }) => ({
        orderId: order.id,
        productId,
        quantity,
        price: product.price,
      })),
    );
    for (const { productId, quantity } of items) await manager.decrement(Stock, { productId }, 'quantity', quantity);
    await manager.delete(CartItem, { cartId: customerId });
    shop.orders = order.id;
  });
}
