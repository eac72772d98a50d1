import type { DataSource } from 'typeorm';
import type { Dice } from '../../test/support/dice.js';
import { now } from '../world/clock.js';
import { Animal, ANIMALS, type Keeper, KEEPERS } from '../world/entities.js';
import type { Answer, Journal, ReadKind } from '../world/journal.js';
import { animalState, keeperState } from '../world/states.js';
import type { Answers } from './answers.js';

/** One question, and what its answer tells. */
interface Question {
  readonly name: string;
  ask(answers: Answers): Promise<unknown>;
  understand(answer: never): Answer;
}

/** Every question that is ever asked. */
const QUESTIONS: readonly Question[] = [
  ...numbers(KEEPERS).flatMap((id) => questionsAboutKeeper(id)),
  ...numbers(ANIMALS).flatMap((id) => questionsAboutAnimal(id)),
  {
    name: 'keepers()',
    ask: (answers) => answers.keepers(),
    understand: (keepers: readonly Keeper[]) => ({ rows: keepers.map(keeperState) }),
  },
  {
    name: 'sumOfVersions()',
    ask: (answers) => answers.sumOfVersions(),
    understand: (sum: number) => ({ rows: [], sum }),
  },
];

/** Reads through the cache, with reads past it before some of them, all in the journal. */
export class Reads {
  constructor(
    private readonly dataSource: DataSource,
    private readonly cached: Answers,
    private readonly direct: Answers,
    private readonly journal: Journal,
    private readonly dice: Dice,
  ) {}

  async next(): Promise<void> {
    const question = this.dice.of(QUESTIONS);
    try {
      const chance = this.dice.roll();
      if (chance < 0.02) await this.repeatable();
      if (chance < 0.3) await this.ask(question, 'direct');
      await this.ask(question, 'cached');
    } catch (error) {
      this.fail(question, error);
    }
  }

  /** Asks everything twice, when nobody writes; how many answers differed from the database's. */
  async rest(): Promise<{ asked: number; wrong: number }> {
    let wrong = 0;
    for (const question of [...QUESTIONS, ...QUESTIONS]) {
      try {
        const cached = textOf(await question.ask(this.cached));
        const direct = textOf(await question.ask(this.direct));
        if (cached === direct) continue;
        wrong++;
        this.journal.write({ what: 'rest', name: question.name, cached, direct });
      } catch (error) {
        this.fail(question, error);
      }
    }
    return { asked: 2 * QUESTIONS.length, wrong };
  }

  private fail({ name }: Question, error: unknown): void {
    this.journal.write({ what: 'failed', at: now(), name, message: String(error).slice(0, 200) });
  }

  private async ask({ name, ask, understand }: Question, kind: ReadKind): Promise<void> {
    const from = now();
    const answer = await ask(kind === 'cached' ? this.cached : this.direct);
    const to = now();
    this.journal.write({ what: 'read', kind, name, from, to, answer: understand(answer as never) });
  }

  /** In a snapshot nothing changes, and what is read there must not come to answer anybody else. */
  private async repeatable(): Promise<void> {
    const id = this.dice.between(1, ANIMALS + 1);
    await this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const first = textOf(await manager.findOneBy(Animal, { id }));
      await this.ask(this.dice.of(QUESTIONS), 'cached');
      const second = textOf(await manager.findOneBy(Animal, { id }));
      if (first !== second) this.journal.write({ what: 'unrepeatable', at: now(), told: `${first} and ${second}` });
    });
  }
}

function questionsAboutKeeper(id: number): Question[] {
  return [
    {
      name: `keeper(${id})`,
      ask: (answers) => answers.keeper(id),
      understand: (keeper: Keeper) => ({ rows: [keeperState(keeper)] }),
    },
    {
      name: `animalsOf(${id})`,
      ask: (answers) => answers.animalsOf(id),
      understand: (animals: readonly Animal[]) => ({ rows: animals.map(animalState), animalsOf: id }),
    },
    {
      name: `keeperWithAnimals(${id})`,
      ask: (answers) => answers.keeperWithAnimals(id),
      understand: (keeper: Keeper) => ({
        rows: [keeperState(keeper), ...keeper.animals!.map(animalState)],
        animalsOf: id,
      }),
    },
    {
      name: `animalsWithKeeper(${id})`,
      ask: (answers) => answers.animalsWithKeeper(id),
      understand: (rows: Awaited<ReturnType<Answers['animalsWithKeeper']>>) => ({
        rows: rows.flatMap((row) => [
          animalState(row),
          keeperState({ id, version: row.keeperVersion, note: row.keeperNote }),
        ]),
        animalsOf: id,
      }),
    },
    {
      name: `countOf(${id})`,
      ask: (answers) => answers.countOf(id),
      understand: (count: number) => ({ rows: [], animalsOf: id, count }),
    },
  ];
}

function questionsAboutAnimal(id: number): Question[] {
  const understand = (animal: Animal | null): Answer =>
    animal === null ? { rows: [], missing: `a${id}` } : { rows: [animalState(animal)] };
  return [
    { name: `animal(${id})`, ask: (answers) => answers.animal(id), understand },
    { name: `animalByMethod(${id})`, ask: (answers) => answers.animalByMethod(id), understand },
  ];
}

function numbers(upTo: number): number[] {
  return Array.from({ length: upTo }, (_, at) => at + 1);
}

/** The same for equal answers, in whatever order their properties were made. */
function textOf(answer: unknown): string {
  return JSON.stringify(answer, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
