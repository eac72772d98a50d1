import type { DataSource, EntityManager } from 'typeorm';
import type { Dice } from '../../test/support/dice.js';
import { now } from '../world/clock.js';
import { Animal, ANIMALS, Grave, Keeper, KEEPERS } from '../world/entities.js';
import type { Journal } from '../world/journal.js';
import { animalState, deletedState, keeperState, type RowState, type Slot } from '../world/states.js';

/** Thrown to have a transaction, or a part of it, rolled back. */
class ChangedMind extends Error {}

/** Writes by every way there is, each with the states it makes in the journal. */
export class Writes {
  private serial = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly journal: Journal,
    private readonly dice: Dice,
    private readonly name: string,
    private readonly afterCommit: (slots: readonly Slot[]) => Promise<void>,
  ) {}

  private readonly ways: Readonly<Record<string, () => Promise<void>>> = {
    'save a keeper': () => this.saveKeeper(),
    'update a keeper by a builder': () => this.updateKeeper(),
    'update an animal by a statement': () => this.updateAnimal(),
    'save an animal in a transaction': () => this.inTransaction((manager) => this.saveAnimal(manager)),
    'move all animals of a keeper': () => this.inTransaction((manager) => this.moveAll(manager)),
    'savepoints, one rolled back': () => this.inTransaction((manager) => this.savepoints(manager)),
    'roll back': () => this.rollBack(),
    'delete an animal': () => this.inTransaction((manager) => this.deleteAnimal(manager)),
    'insert an animal': () => this.inTransaction((manager) => this.insertAnimal(manager)),
    'delete and insert again': () => this.inTransaction((manager) => this.replaceAnimal(manager)),
  };

  /** One write; what fails is in the journal. */
  async next(): Promise<void> {
    const way = this.dice.of(Object.keys(this.ways));
    try {
      await this.ways[way]();
    } catch (error) {
      if (error instanceof ChangedMind) return;
      this.journal.write({ what: 'failed', at: now(), name: way, message: String(error).slice(0, 200) });
    }
  }

  private note(): string {
    return `${this.name}-${++this.serial}`;
  }

  private keeperId(): number {
    return this.dice.between(1, KEEPERS + 1);
  }

  private animalId(): number {
    return this.dice.between(1, ANIMALS + 1);
  }

  private async saveKeeper(): Promise<void> {
    const id = this.keeperId();
    await this.atOnce(`k${id}`, async () => {
      const saved = await this.dataSource.getRepository(Keeper).save({ id, note: this.note() });
      return [keeperState(saved)];
    });
  }

  private async updateKeeper(): Promise<void> {
    const id = this.keeperId();
    await this.atOnce(`k${id}`, async () => {
      const { raw } = await this.dataSource
        .createQueryBuilder()
        .update(Keeper)
        .set({ note: this.note() })
        .where({ id })
        .returning('*')
        .execute();
      return (raw as Keeper[]).map(keeperState);
    });
  }

  private async updateAnimal(): Promise<void> {
    const id = this.animalId();
    await this.atOnce(`a${id}`, async () => {
      const [rows] = await this.dataSource.query<[Animal[], number]>(
        'UPDATE animal SET note = $2, "keeperId" = $3, version = version + 1 WHERE id = $1 RETURNING *',
        [id, this.note(), this.keeperId()],
      );
      return rows.map(animalState);
    });
  }

  private async saveAnimal(manager: EntityManager): Promise<RowState[]> {
    const animal = await this.lock(manager, this.animalId());
    if (animal === null) return [];
    animal.note = this.note();
    if (this.dice.roll() < 0.5) animal.keeperId = this.keeperId();
    return [animalState(await manager.save(animal))];
  }

  private async moveAll(manager: EntityManager): Promise<RowState[]> {
    const [rows] = await manager.query<[Animal[], number]>(
      'UPDATE animal SET note = $3, "keeperId" = $2, version = version + 1 WHERE "keeperId" = $1 RETURNING *',
      [this.keeperId(), this.keeperId(), this.note()],
    );
    return rows.map(animalState);
  }

  private async savepoints(manager: EntityManager): Promise<RowState[]> {
    const first = await this.saveAnimal(manager);
    const undone = manager.transaction(async (inner) => {
      await this.moveAll(inner);
      throw new ChangedMind();
    });
    await undone.catch((error: unknown) => {
      if (!(error instanceof ChangedMind)) throw error;
    });
    const last = await manager.transaction((inner) => this.saveAnimal(inner));
    return [...first, ...last];
  }

  private async rollBack(): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await this.moveAll(manager);
      await this.saveAnimal(manager);
      throw new ChangedMind();
    });
  }

  private async deleteAnimal(manager: EntityManager): Promise<RowState[]> {
    const animal = await this.lock(manager, this.animalId());
    if (animal === null) return [];
    const { id, life } = animal;
    if (this.dice.roll() < 0.5) await manager.remove(animal);
    else await manager.delete(Animal, { id });
    return [deletedState(id, life)];
  }

  private async insertAnimal(manager: EntityManager): Promise<RowState[]> {
    const id = this.animalId();
    if (await manager.existsBy(Animal, { id })) return [];
    return [await this.insert(manager, id)];
  }

  private async replaceAnimal(manager: EntityManager): Promise<RowState[]> {
    const animal = await this.lock(manager, this.animalId());
    if (animal === null) return [];
    await manager.delete(Animal, { id: animal.id });
    return [await this.insert(manager, animal.id)];
  }

  private async insert(manager: EntityManager, id: number): Promise<RowState> {
    const [[{ life }]] = await manager.query<[[Grave], number]>(
      'UPDATE grave SET life = life + 1 WHERE id = $1 RETURNING life',
      [id],
    );
    const animal = { id, life, note: this.note(), keeperId: this.keeperId() };
    await manager.insert(Animal, animal);
    return animalState({ ...animal, version: 1 });
  }

  private lock(manager: EntityManager, id: number): Promise<Animal | null> {
    return manager.findOne(Animal, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  private async inTransaction(body: (manager: EntityManager) => Promise<RowState[]>): Promise<void> {
    let states: readonly RowState[] = [];
    let acknowledge: (() => void) | undefined;
    await this.dataSource.transaction(async (manager) => {
      states = lastOfEach(await body(manager));
      acknowledge = this.journal.attempt(states);
    });
    acknowledge?.();
    await this.afterCommit(states.map(({ slot }) => slot));
  }

  /** A statement that is a transaction of its own: what it made is known from its answer only. */
  private async atOnce(slot: Slot, write: () => Promise<RowState[]>): Promise<void> {
    const acknowledge = this.journal.send([slot]);
    acknowledge(await write());
    await this.afterCommit([slot]);
  }
}

/** Of several states of one row in one transaction nobody else sees any but the last. */
function lastOfEach(states: readonly RowState[]): readonly RowState[] {
  const bySlot = new Map<Slot, RowState>();
  for (const state of states) {
    const known = bySlot.get(state.slot);
    if (known === undefined || known.stamp < state.stamp) bySlot.set(state.slot, state);
  }
  return [...bySlot.values()];
}
