import { MoreThan, type EntityManager } from 'typeorm';
import type { Dice } from '../../../test/support/dice.js';
import type { CachedRead, ReadKind } from '../side-by-side.js';
import { Brand, Cart, CartItem, Category, Customer, Order, OrderLine, Product, Review, Stock } from './entities.js';
import { emailOf, ORDER_STATES, type Shop } from './shop.js';

/** One way in which the pages of the shop ask, as ordinary TypeORM code. */
export interface ShopRead extends ReadKind {
  /** How often in proportion to the others. */
  readonly weight: number;
  draw(shop: Shop, dice: Dice): Omit<CachedRead, 'kind'>;
}

type Ask<Values extends readonly unknown[]> = (manager: EntityManager, ...values: Values) => Promise<unknown>;

function read<Values extends readonly unknown[]>(
  group: string,
  name: string,
  weight: number,
  entities: ReadKind['entities'],
  draw: (shop: Shop, dice: Dice) => Values,
  ask: Ask<Values>,
): ShopRead {
  return {
    group,
    name,
    weight,
    entities,
    draw(shop, dice) {
      const values = draw(shop, dice);
      return { key: values.join('/'), ask: (manager) => ask(manager, ...values) };
    },
  };
}

const aProduct = (shop: Shop, dice: Dice): [number] => [shop.product(dice)];
const aCustomer = (shop: Shop, dice: Dice): [number] => [shop.customer(dice)];
const aCategory = (shop: Shop, dice: Dice): [number] => [shop.category(dice)];
const anOrder = (shop: Shop, dice: Dice): [number] => [shop.order(dice)];

const KEY = 'by primary key';
const UNIQUE = 'by unique column';
const LIST = 'list by equality';
const PAGE = 'page';
const JOIN = 'with joins';
const SUM = 'count or sum';
const EXISTS = 'exists';

/** What people look at, most of it products. */
export const SHOP_READS: readonly ShopRead[] = [
  read(KEY, 'product', 12, [Product], aProduct, (manager, id) => manager.findOneBy(Product, { id })),
  read(KEY, 'stock of a product', 10, [Stock], aProduct, (manager, productId) =>
    manager.findOneBy(Stock, { productId }),
  ),
  read(KEY, 'customer', 6, [Customer], aCustomer, (manager, id) => manager.findOneBy(Customer, { id })),
  read(KEY, 'order', 3, [Order], anOrder, (manager, id) => manager.findOneBy(Order, { id })),

  read(UNIQUE, 'product by slug', 10, [Product], aProduct, (manager, id) =>
    manager.findOneBy(Product, { slug: `product-${id}` }),
  ),
  read(UNIQUE, 'category by slug', 4, [Category], aCategory, (manager, id) =>
    manager.findOneBy(Category, { slug: `category-${id}` }),
  ),
  read(UNIQUE, 'customer by email', 3, [Customer], aCustomer, (manager, id) =>
    manager.findOneBy(Customer, { email: emailOf(id) }),
  ),
  read(UNIQUE, 'cart of a customer', 5, [Cart], aCustomer, (manager, customerId) =>
    manager.findOneBy(Cart, { customerId }),
  ),

  read(LIST, 'active products of a category', 4, [Product], aCategory, (manager, categoryId) =>
    manager.findBy(Product, { categoryId, status: 'active' }),
  ),
  read(
    LIST,
    'products of a brand',
    2,
    [Product],
    (shop, dice): [number] => [shop.brand(dice)],
    (manager, brandId) => manager.findBy(Product, { brandId }),
  ),
  read(LIST, 'items of a cart', 6, [CartItem], aCustomer, (manager, cartId) => manager.findBy(CartItem, { cartId })),
  read(LIST, 'reviews of a product', 5, [Review], aProduct, (manager, productId) =>
    manager.findBy(Review, { productId }),
  ),
  read(LIST, 'orders of a customer', 2, [Order], aCustomer, (manager, customerId) =>
    manager.findBy(Order, { customerId }),
  ),
  read(
    LIST,
    'orders of a customer in a state',
    2,
    [Order],
    (shop, dice): [number, string] => [shop.customer(dice), dice.of(ORDER_STATES)],
    (manager, customerId, status) => manager.findBy(Order, { customerId, status }),
  ),

  read(
    PAGE,
    'cheapest of a category',
    5,
    [Product],
    (shop, dice): [number, number] => [shop.category(dice), Math.max(0, dice.below(5) - 2)],
    (manager, categoryId, page) =>
      manager.find(Product, {
        where: { categoryId },
        order: { price: 'ASC', id: 'ASC' },
        take: 20,
        skip: page * 20,
      }),
  ),
  read(PAGE, 'latest reviews of a product', 5, [Review], aProduct, (manager, productId) =>
    manager.find(Review, { where: { productId }, order: { id: 'DESC' }, take: 5 }),
  ),
  read(PAGE, 'latest orders of a customer', 2, [Order], aCustomer, (manager, customerId) =>
    manager.find(Order, { where: { customerId }, order: { id: 'DESC' }, take: 10 }),
  ),
  read(
    PAGE,
    'newest products',
    3,
    [Product],
    (): [] => [],
    (manager) => manager.find(Product, { order: { id: 'DESC' }, take: 20 }),
  ),

  read(JOIN, 'product with category and brand', 8, [Product, Category, Brand], aProduct, (manager, id) =>
    manager.findOne(Product, { where: { id }, relations: { category: true, brand: true } }),
  ),
  read(JOIN, 'product with reviews', 4, [Product, Review], aProduct, (manager, id) =>
    manager.findOne(Product, { where: { id }, relations: { reviews: true } }),
  ),
  read(JOIN, 'reviews with their customers', 3, [Review, Customer], aProduct, (manager, productId) =>
    manager.find(Review, { where: { productId }, relations: { customer: true } }),
  ),
  read(JOIN, 'order with lines and products', 2, [Order, OrderLine, Product], anOrder, (manager, id) =>
    manager.findOne(Order, { where: { id }, relations: { lines: { product: true } } }),
  ),
  read(JOIN, 'cart with items and products', 4, [Cart, CartItem, Product], aCustomer, (manager, id) =>
    manager.findOne(Cart, { where: { id }, relations: { items: { product: true } } }),
  ),

  read(SUM, 'reviews of a product, counted', 4, [Review], aProduct, (manager, productId) =>
    manager.countBy(Review, { productId }),
  ),
  read(SUM, 'average rating of a product', 4, [Review], aProduct, (manager, productId) =>
    manager.average(Review, 'rating', { productId }),
  ),
  read(SUM, 'active products of a category, counted', 3, [Product], aCategory, (manager, categoryId) =>
    manager.countBy(Product, { categoryId, status: 'active' }),
  ),
  read(SUM, 'things in a cart', 4, [CartItem], aCustomer, (manager, cartId) =>
    manager.sum(CartItem, 'quantity', { cartId }),
  ),
  read(SUM, 'what a customer spent', 1, [Order], aCustomer, (manager, customerId) =>
    manager.sum(Order, 'total', { customerId }),
  ),

  read(EXISTS, 'open orders of a customer', 2, [Order], aCustomer, (manager, customerId) =>
    manager.existsBy(Order, { customerId, status: 'open' }),
  ),
  read(EXISTS, 'a product in stock', 2, [Stock], aProduct, (manager, productId) =>
    manager.existsBy(Stock, { productId, quantity: MoreThan(0) }),
  ),
  read(
    EXISTS,
    'whether a customer bought a product',
    2,
    [Order, OrderLine],
    (shop, dice): [number, number] => [shop.customer(dice), shop.product(dice)],
    (manager, customer, product) =>
      manager
        .createQueryBuilder(OrderLine, 'line')
        .innerJoin('line.order', 'bought')
        .where('bought.customerId = :customer AND line.productId = :product', { customer, product })
        .getExists(),
  ),
];
