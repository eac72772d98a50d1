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

const ROOMS = ['errors', 'support', 'events', 'tags', 'keys', 'codec', 'storage', 'bus', 'engine'];

/** Compiles the rooms below the engine with one rule taken out, into a directory that `dispose` removes. */
export async function mutantLibrary(mutation: Mutation): Promise<{ library: Library; dispose: () => void }> {
  const { load, dispose } = mutantRooms(ROOMS, [mutation]);
  const library = {
    ...(await load<{ Engine: typeof Engine }>('engine/engine')),
    ...(await load<{ WritePath: typeof WritePath }>('engine/write-path')),
    ...(await load<{ ProcessLog: typeof ProcessLog }>('bus/local/process-log')),
    context: await load<typeof context>('engine/context'),
  };
  return { library, dispose };
}
