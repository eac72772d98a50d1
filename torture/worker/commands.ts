import type { Consistency } from 'nestjs-zoocache';
import type { DatabaseOptions } from '../world/database.js';

/** What a process of the fleet is started with. */
export interface WorkerOptions {
  readonly name: string;
  readonly seed: number;
  /** The file to write down everything in. */
  readonly journal: string;
  readonly database: DatabaseOptions;
  readonly storage: string;
  readonly level: Consistency;
  readonly isNaive: boolean;
  /** How many reads are on their way at a time. */
  readonly readers: number;
  /** About how long each of the two writers waits between its writes, in milliseconds. */
  readonly writePauseMs: number;
}

/** What a process of the fleet is told to do. */
export type Command = 'be quiet' | 'rest' | 'end';

/** What it answers. */
export type Answer =
  | { readonly told: 'ready' | 'quiet' | 'gone' }
  | { readonly told: 'rested'; readonly asked: number; readonly wrong: number; readonly hits: number };
