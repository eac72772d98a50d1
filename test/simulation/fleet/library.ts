import * as context from '../../../lib/engine/context.js';
import { Engine } from '../../../lib/engine/engine.js';
import { SharedEntries } from '../../../lib/engine/shared-entries.js';
import { SharedLog } from '../../../lib/engine/log/shared-log.js';
import { WritePath } from '../../../lib/engine/write-path.js';
import { mutantRooms, type Mutation } from '../../support/mutant-rooms.js';

/** The parts of the package that several processes run: the real ones, or a copy with one rule taken out. */
export interface FleetLibrary {
  readonly Engine: typeof Engine;
  readonly SharedEntries: typeof SharedEntries;
  readonly SharedLog: typeof SharedLog;
  readonly WritePath: typeof WritePath;
  readonly context: typeof context;
}

export const realFleetLibrary: FleetLibrary = { Engine, SharedEntries, SharedLog, WritePath, context };

/** A copy of the library with one rule taken out. */
export function mutantFleetLibrary(mutation: Mutation | readonly Mutation[]): FleetLibrary {
  const { load } = mutantRooms([mutation].flat());
  return {
    ...load<Pick<FleetLibrary, 'Engine'>>('engine/engine'),
    ...load<Pick<FleetLibrary, 'SharedEntries'>>('engine/shared-entries'),
    ...load<Pick<FleetLibrary, 'SharedLog'>>('engine/log/shared-log'),
    ...load<Pick<FleetLibrary, 'WritePath'>>('engine/write-path'),
    context: load<typeof context>('engine/context'),
  };
}
