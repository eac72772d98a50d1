import type { Animal, Keeper } from '../world/entities.js';

/** What readers ask for, whoever answers: the cache, a naive cache, or the database. */
export interface Answers {
  keeper(id: number): Promise<Keeper | null>;
  animal(id: number): Promise<Animal | null>;
  /** Through an ordinary repository in a cached method. */
  animalByMethod(id: number): Promise<Animal | null>;
  keepers(): Promise<readonly Keeper[]>;
  /** By one column, through a repository. */
  animalsOf(keeperId: number): Promise<readonly Animal[]>;
  /** With its animals, by a join of the query builder. */
  keeperWithAnimals(id: number): Promise<Keeper | null>;
  /** Many to one, by a statement. */
  animalsWithKeeper(keeperId: number): Promise<readonly AnimalWithKeeper[]>;
  countOf(keeperId: number): Promise<number>;
  sumOfVersions(): Promise<number>;
}

/** A row of a joined statement. */
export interface AnimalWithKeeper {
  readonly id: number;
  readonly life: number;
  readonly version: number;
  readonly note: string;
  readonly keeperId: number;
  readonly keeperVersion: number;
  readonly keeperNote: string;
}
