import { counted } from '../../../../shared/terminal/format.js';
import type { Answer } from '../../api-process.js';
import type { Product } from '../../api/product.entity.js';
import { open, readTeaOnce, type Shop } from '../shop.js';
import type { Step } from '../step.js';
import { Summary } from '../summary.js';

const MOST_TRIES = 5;

export const oneCache: Step = {
  title: 'Two processes, one cache',
  why: 'A asks for a product twice, then B asks for it, which never has before.',

  async walk(shop, guide) {
    const { summary } = shop;
    const [first, second, other] = await readInTurn(shop);
    guide.table(
      Summary.head,
      summary.tell(
        { who: 'A', from: 'database', price: first.value.price, ...first },
        { who: 'A again', from: 'its memory', price: second.value.price, ...second },
        { who: 'B', from: 'shared storage', price: other.value.price, ...other },
      ),
      Summary.right,
    );
    guide.claim(
      'The database was asked once, by A.',
      first.statements === 1 && second.statements === 0 && other.statements === 0,
      () => `the three calls cost ${first.statements}, ${second.statements} and ${other.statements} statements`,
    );
    guide.claim(
      'B got the answer that A had read.',
      other.value.name === first.value.name && other.value.price === first.value.price,
      () => `B says ${JSON.stringify(other.value)}, after ${counted(other.statements, 'statement')}`,
    );
  },
};

/** A, A again, and B; all over again where one was disturbed, as B has read the tea then. */
async function readInTurn(shop: Shop): Promise<Answer<Product>[]> {
  const { a, b } = shop;
  for (let tries = 1; ; tries++) {
    await open(shop);
    const answers = [await readTeaOnce(a), await readTeaOnce(a), await readTeaOnce(b)];
    if (tries === MOST_TRIES || !answers.some(({ isDisturbed }) => isDisturbed)) {
      return answers;
    }
  }
}
