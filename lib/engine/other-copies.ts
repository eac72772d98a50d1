import { currentFrame } from './context.js';

/*
 * Several copies of this library in one process
 * =============================================
 *
 * Two versions of it may be installed in a monorepo, and a bundle may hold one more. Each copy hears every statement by
 * itself, but no load of another hears of what it answers from its cache: a list that was made of such an answer would
 * outlive the rows that come to it. So whatever load of another copy runs around a read of this one is not kept, and no
 * copy with applications takes those of another for its own.
 */

/** Lets the load that a copy runs around the caller keep nothing. */
type BlockLoad = (reason: string) => void;

/** Copies of all versions meet here, so neither the name nor the shape may change. */
const PLACE: unique symbol = Symbol.for('nestjs-zoocache:copies') as never;

const copies: BlockLoad[] = ((globalThis as { [PLACE]?: BlockLoad[] })[PLACE] ??= []);

/** How many applications this copy has. */
let applications = 0;

const blockOwnLoad: BlockLoad = (reason) => currentFrame()?.load?.block(reason);

/** An application of this copy starts; the result says that it has ended, and may be called twice. */
export function joinCopies(): () => void {
  if (applications++ === 0) copies.push(blockOwnLoad);
  let isOpen = true;
  return () => {
    if (!isOpen) return;
    isOpen = false;
    if (--applications === 0) copies.splice(copies.indexOf(blockOwnLoad), 1);
  };
}

/** Whether another copy has applications, too. */
export function hasOtherCopies(): boolean {
  return copies.length > 1;
}

/** Something is read here, of which no load of another copy can hear. */
export function blockLoadsOfOthers(): void {
  if (copies.length > 1)
    for (const block of copies) if (block !== blockOwnLoad) block('another copy of nestjs-zoocache');
}
