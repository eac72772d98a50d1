import { TEA } from '../../products.js';
import { readTea } from '../shop.js';
import type { Step } from '../step.js';
import { Summary } from '../summary.js';

const TRIAL_PRICE = 1;

export const rollback: Step = {
  title: 'A rollback on B changes nothing for A',
  why: 'A transaction on B gives the tea away, sees that, and is rolled back.',

  async walk({ a, b, witness, summary }, guide) {
    const before = await readTea(a);
    const { value } = await b.ask<{ seen: number }>('POST', `/products/${TEA}/price/trial`, { price: TRIAL_PRICE });
    const after = await readTea(a);
    const inDatabase = await witness.priceOf(TEA);
    guide.say(`inside B's transaction it cost ${value.seen}`);
    guide.table(
      Summary.head,
      summary.tell({ who: 'A, after the rollback', from: 'its memory', price: after.value.price, ...after }),
      Summary.right,
    );
    guide.claim('The transaction saw its own write.', value.seen === TRIAL_PRICE, () => `it saw ${value.seen}`);
    guide.claim(
      'The answer of A is still in its memory, and is what the database says.',
      after.statements === 0 && after.value.price === before.value.price && after.value.price === inDatabase,
      () => `it cost ${after.statements} statements, for ${after.value.price}; the database says ${inDatabase}`,
    );
  },
};
