import { setTimeout as pause } from 'node:timers/promises';
import { processWritePath } from '../../lib/engine/write-path.js';

/** Waits until no write is pending: of one whose connection was lost, the server is asked first whether it still has it. */
export async function untilNothingIsPending(): Promise<void> {
  while (processWritePath.openMarks > 0) await pause(10);
}
