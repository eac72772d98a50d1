import { ProcessLog } from '../../lib/bus/local/process-log.js';
import * as context from '../../lib/engine/context.js';
import { Engine } from '../../lib/engine/engine.js';
import { WritePath } from '../../lib/engine/write-path.js';
import { mutantRooms, type Mutation } from '../support/mutant-rooms.js';

export type { Mutation } from '../support/mutant-rooms.js';

/** The parts of the package that a simulation runs: the real ones, or a copy with one rule taken out. */
export interface Library {
  readonly Engine: typeof Engine;
  readonly ProcessLog: typeof ProcessLog;
  readonly WritePath: typeof WritePath;
  readonly context: typeof context;
}

export const realLibrary: Library = { Engine, ProcessLog, WritePath, context };

/** A copy of the library with one rule taken out. */
export function mutantLibrary(mutation: Mutation): Library {
  const { load } = mutantRooms([mutation]);
  return {
    ...load<Pick<Library, 'Engine'>>('engine/engine'),
    ...load<Pick<Library, 'WritePath'>>('engine/write-path'),
    ...load<Pick<Library, 'ProcessLog'>>('bus/local/process-log'),
    context: load<typeof context>('engine/context'),
  };
}
