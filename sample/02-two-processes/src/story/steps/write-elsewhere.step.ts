import { milliseconds } from '../../../../shared/terminal/format.js';
import { TEA } from '../../products.js';
import { priceTea, readTea, readTeaUntilCached } from '../shop.js';
import type { Step } from '../step.js';
import { Summary } from '../summary.js';

const NEW_PRICE = 1_450;

export const writeElsewhere: Step = {
  title: 'A write on B, and the next answer of A',
  why: 'A has the product in its memory. B changes its price, and as soon as that has returned, A is asked.',

  async walk({ a, b, witness, summary, patienceMs }, guide) {
    const before = await readTea(a);
    await priceTea(b, NEW_PRICE);
    const after = await readTea(a);
    // A write is known to be over a moment after it has returned; until then A asks the database.
    const { answer: again, ms } = await readTeaUntilCached(a, patienceMs);
    const inDatabase = await witness.priceOf(TEA);
    guide.table(
      Summary.head,
      summary.tell(
        { who: 'A, before B writes', from: 'its memory', price: before.value.price, ...before },
        { who: 'A, after B wrote', from: 'database', price: after.value.price, ...after },
        { who: `A, ${milliseconds(ms)} later`, from: 'its memory', price: again.value.price, ...again },
      ),
      Summary.right,
    );
    guide.claim(
      'A had it in memory, and its very next answer is what B wrote.',
      before.statements === 0 && after.value.price === NEW_PRICE && inDatabase === NEW_PRICE,
      () => `A says ${after.value.price}, the database ${inDatabase}`,
    );
    guide.claim(
      'It is in the memory of A again.',
      again.statements === 0 && again.value.price === NEW_PRICE,
      () => `A says ${again.value.price}, after ${again.statements} statements`,
    );
  },
};
