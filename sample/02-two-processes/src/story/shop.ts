import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, ApiProcess } from '../api-process.js';
import type { Product } from '../api/product.entity.js';
import type { Witness } from '../database/witness.js';
import { COCOA, COFFEE, products, TEA } from '../products.js';
import type { Summary } from './summary.js';

/** What the story is about: two API processes, and somebody who looks into the database past both. */
export interface Shop {
  a: ApiProcess;
  b: ApiProcess;
  witness: Witness;
  summary: Summary;
  /** How long it may take until what was written is cached again, in milliseconds. */
  patienceMs: number;
}

const ASK_EVERY_MS = 20;
const MOST_TRIES = 100;

/**
 * Fills the shop anew, so that nobody has anything in a cache, and asks both processes for something else than tea: what a
 * process does at its first call of all is not what the story is about.
 */
export async function open({ a, b, patienceMs }: Shop): Promise<void> {
  await a.ask('PUT', '/products', products);
  await readUntilCached(a, COFFEE, patienceMs);
  await readUntilCached(b, COCOA, patienceMs);
}

/**
 * Asks for the tea. On a machine with much else to do a process may wait for the bus or the storage for too long, and then
 * answers from the database: that is right, and shows nothing of the cache, so it is asked again.
 */
export async function readTea(api: ApiProcess): Promise<Answer<Product>> {
  for (let tries = 1; ; tries++) {
    const answer = await readTeaOnce(api);
    if (!answer.isDisturbed || tries === MOST_TRIES) {
      return answer;
    }
    await pause(ASK_EVERY_MS);
  }
}

/** Asks for the tea, whatever comes of it. */
export const readTeaOnce = (api: ApiProcess): Promise<Answer<Product>> => read(api, TEA);

/** Asks until an answer comes from the cache, or for as long as it may take; resolves to the last answer. */
export const readTeaUntilCached = (api: ApiProcess, patienceMs: number) => readUntilCached(api, TEA, patienceMs);

/** An ordinary write: it neither knows about the cache nor about the other process. */
export const priceTea = (api: ApiProcess, price: number): Promise<Answer<void>> =>
  api.ask('PATCH', `/products/${TEA}/price`, { price });

const read = (api: ApiProcess, id: number): Promise<Answer<Product>> => api.ask('GET', `/products/${id}`);

async function readUntilCached(
  api: ApiProcess,
  id: number,
  patienceMs: number,
): Promise<{ answer: Answer<Product>; ms: number }> {
  const startedAt = performance.now();
  for (;;) {
    const answer = await read(api, id);
    const ms = performance.now() - startedAt;
    if (answer.statements === 0 || ms > patienceMs) {
      return { answer, ms };
    }
    await pause(ASK_EVERY_MS);
  }
}
