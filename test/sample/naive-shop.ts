import type { Answer, ApiProcess } from '../../sample/02-two-processes/src/api-process.js';
import type { Witness } from '../../sample/02-two-processes/src/database/witness.js';
import { COCOA, COFFEE, TEA } from '../../sample/02-two-processes/src/products.js';
import type { Shop } from '../../sample/02-two-processes/src/story/shop.js';

/** What it does to a request: its answer, and how many statements that took. */
type Handler = (body: { readonly price?: number; readonly callers?: number }) => [value: unknown, statements: number];

/** The shop of the sample where nobody hears of anybody's writes; each process keeps what it has read for ever, or nothing. */
export class NaiveShop {
  private price = 1_200;
  private isLocked = false;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly options: { readonly caches: boolean }) {}

  cast(): Pick<Shop, 'a' | 'b' | 'witness'> {
    const witness: Pick<Witness, 'priceOf' | 'whileLocked' | 'untilAnUpdateWaits' | 'untilPriceIs'> = {
      priceOf: async () => this.price,
      whileLocked: async (_id, work) => {
        this.isLocked = true;
        const result = await work();
        this.waiting.forEach((write) => write());
        return result;
      },
      untilAnUpdateWaits: async () => {},
      untilPriceIs: async () => {},
    };
    return { a: this.process(), b: this.process(), witness: witness as Witness };
  }

  private process(): ApiProcess {
    const kept = new Map<string, unknown>();
    const cached = (key: string, load: () => unknown): [unknown, number] => {
      if (this.options.caches && kept.has(key)) return [kept.get(key), 0];
      const value = load();
      kept.set(key, value);
      return [value, 1];
    };
    const tea = () => cached('tea', () => ({ id: TEA, name: 'Tea', price: this.price }));
    const handlers: Record<string, Handler> = {
      [`GET /products/${TEA}`]: tea,
      [`GET /products/${TEA}/explanation`]: () => [{ isCached: true, summary: 'cached' }, 0],
      [`GET /products/${COFFEE}`]: () => [undefined, 0],
      [`GET /products/${COCOA}`]: () => [undefined, 0],
      'PUT /products': () => [undefined, 1],
      [`PATCH /products/${TEA}/price`]: ({ price }) => {
        const write = () => (this.price = price!);
        if (this.isLocked) {
          this.waiting.push(write);
          throw new Error('The process was killed before it could answer.');
        }
        write();
        return [undefined, 1];
      },
      [`POST /products/${TEA}/price/trial`]: ({ price }) => [{ seen: price }, 4],
      'POST /crowd': ({ callers }) => {
        let statements = 0;
        for (let caller = 0; caller < callers!; caller++) statements += cached('report', () => ({}))[1];
        return [{ reports: [{}], callers, statements, errors: 0, ms: 1 }, statements];
      },
    };
    const process = {
      ask: async (method: string, path: string, body: object = {}): Promise<Answer<unknown>> => {
        const [value, statements] = handlers[`${method} ${path}`](body);
        return { value, ms: 1, statements, isDisturbed: false };
      },
      kill: async () => {},
    };
    return process as unknown as ApiProcess;
  }
}
