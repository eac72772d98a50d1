import type { TestDatabase } from '../support/databases.js';
import type { History } from './history.js';

/** A history that once showed a wrong answer. */
export interface Found {
  readonly title: string;
  /** Where it can be played. */
  readonly on?: (database: TestDatabase) => boolean;
  readonly history: History;
}

export const found: readonly Found[] = [];
