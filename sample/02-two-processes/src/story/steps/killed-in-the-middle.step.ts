import { milliseconds } from '../../../../shared/terminal/format.js';
import { TEA } from '../../products.js';
import { priceTea, readTea, readTeaUntilCached } from '../shop.js';
import type { Step } from '../step.js';
import { Summary } from '../summary.js';

const LAST_PRICE = 1_990;

export const killedInTheMiddle: Step = {
  title: 'B is killed in the middle of a write',
  why: 'Its UPDATE has been sent and waits for a lock when `kill -9` comes. PostgreSQL will carry it out; nobody is left to tell.',

  async walk({ a, b, witness, summary, patienceMs }, guide) {
    const before = await readTea(a);
    const { wasAnswered, meanwhile } = await witness.whileLocked(TEA, async () => {
      const answered = priceTea(b, LAST_PRICE).then(
        () => true,
        () => false,
      );
      await witness.untilAnUpdateWaits();
      await b.kill();
      guide.say('B has marked what it is about to change, sent its UPDATE, and is dead.');
      return { wasAnswered: await answered, meanwhile: await readTea(a) };
    });
    await witness.untilPriceIs(TEA, LAST_PRICE);
    const after = await readTea(a);
    const { answer: recovered, ms } = await readTeaUntilCached(a, patienceMs);
    guide.table(
      Summary.head,
      summary.tell(
        { who: 'A, before', from: 'its memory', price: before.value.price, ...before },
        { who: 'A, while nobody knows', from: 'database', price: meanwhile.value.price, ...meanwhile },
        { who: 'A, after the UPDATE', from: 'database', price: after.value.price, ...after },
        { who: `A, ${milliseconds(ms)} later`, from: 'its memory', price: recovered.value.price, ...recovered },
      ),
      Summary.right,
    );
    guide.claim('B never heard of its write.', !wasAnswered, () => 'it was answered');
    guide.claim(
      'While nobody knows how it ends, A trusts no cache, and answers what is committed.',
      before.statements === 0 && meanwhile.statements > 0 && meanwhile.value.price === before.value.price,
      () => `A said ${meanwhile.value.price} after ${meanwhile.statements} statements`,
    );
    guide.claim(
      'What B wrote is in the very next answer of A, though B never told.',
      after.value.price === LAST_PRICE,
      () => `A says ${after.value.price}`,
    );
    guide.claim(
      'A found out from the database that it is over, and caches again.',
      recovered.statements === 0 && recovered.value.price === LAST_PRICE,
      () => `A says ${recovered.value.price}, after ${recovered.statements} statements`,
    );
  },
};
