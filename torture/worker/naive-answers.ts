import type { Animal, Keeper } from '../world/entities.js';
import type { Slot } from '../world/states.js';
import type { Answers, AnimalWithKeeper } from './answers.js';

/** Where a naive cache keeps its answers. */
export interface NaiveStore {
  get(key: string): Promise<string | null>;
  set(key: string, text: string): Promise<unknown>;
  delete(keys: readonly string[]): Promise<unknown>;
}

/**
 * What is usually written: read the cache, else the database, and store what it said; after a commit, delete what may hold
 * the rows. It is here to be found out: between the database's answer and storing it somebody may commit and delete.
 */
export class NaiveAnswers implements Answers {
  hits = 0;

  constructor(
    private readonly store: NaiveStore,
    private readonly direct: Answers,
  ) {}

  keeper(id: number): Promise<Keeper | null> {
    return this.aside(`k${id}`, () => this.direct.keeper(id));
  }

  animal(id: number): Promise<Animal | null> {
    return this.aside(`a${id}`, () => this.direct.animal(id));
  }

  animalByMethod(id: number): Promise<Animal | null> {
    return this.animal(id);
  }

  keepers(): Promise<readonly Keeper[]> {
    return this.aside('keepers', () => this.direct.keepers());
  }

  animalsOf(keeperId: number): Promise<readonly Animal[]> {
    return this.aside(`list${keeperId}`, () => this.direct.animalsOf(keeperId));
  }

  keeperWithAnimals(id: number): Promise<Keeper | null> {
    return this.aside(`tree${id}`, () => this.direct.keeperWithAnimals(id));
  }

  animalsWithKeeper(keeperId: number): Promise<readonly AnimalWithKeeper[]> {
    return this.aside(`join${keeperId}`, () => this.direct.animalsWithKeeper(keeperId));
  }

  countOf(keeperId: number): Promise<number> {
    return this.aside(`count${keeperId}`, () => this.direct.countOf(keeperId));
  }

  sumOfVersions(): Promise<number> {
    return this.aside('sum', () => this.direct.sumOfVersions());
  }

  /** Deletes all that may hold these rows. */
  async committed(slots: readonly Slot[], keepers: number): Promise<void> {
    const lists = ['list', 'tree', 'join', 'count'];
    const all = Array.from({ length: keepers }, (_, at) => lists.map((list) => `${list}${at + 1}`));
    await this.store.delete([...slots, 'keepers', 'sum', ...all.flat()]);
  }

  private async aside<T>(key: string, load: () => Promise<T>): Promise<T> {
    const stored = await this.store.get(key);
    if (stored !== null) {
      this.hits++;
      return JSON.parse(stored) as T;
    }
    const value = await load();
    await this.store.set(key, JSON.stringify(value));
    return value;
  }
}
