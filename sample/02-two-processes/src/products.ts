import type { Product } from './api/product.entity.js';

export const TEA = 1;
export const COFFEE = 2;
export const COCOA = 3;

/** What the shop sells when the story begins. */
export const products: Product[] = [
  { id: TEA, name: 'Tea', price: 1_200 },
  { id: COFFEE, name: 'Coffee', price: 1_800 },
  { id: COCOA, name: 'Cocoa', price: 900 },
];
