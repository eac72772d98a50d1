/** One row of the world, whatever happens to it: `k3` is a keeper, `a7` an animal. */
export type Slot = string;

/** What a row was at one time. */
export interface RowState {
  readonly slot: Slot;
  /** Grows with every state of the row; a deletion is a state too. */
  readonly stamp: number;
  /** Of whom it is, in lists; undefined for keepers and for what is deleted. */
  readonly keeperId?: number;
  readonly note?: string;
}

/** More than the versions of any one life. */
const LIFE = 1_000_000;

export function keeperState(row: { id: number; version: number; note: string }): RowState {
  return { slot: `k${row.id}`, stamp: row.version, note: row.note };
}

export function animalState(row: {
  id: number;
  life: number;
  version: number;
  keeperId: number;
  note: string;
}): RowState {
  return { slot: `a${row.id}`, stamp: row.life * LIFE + row.version, keeperId: row.keeperId, note: row.note };
}

/** The state of an animal after the deletion that ended this life. */
export function deletedState(id: number, life: number): RowState {
  return { slot: `a${id}`, stamp: life * LIFE + LIFE - 1 };
}
