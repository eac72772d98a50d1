import type { Guide } from './guide.js';
import type { World } from './world.js';

/** One stop of the tour: shows something, and checks that it is so. */
export interface Step {
  title: string;
  why: string;
  /** @throws {ClaimFailed} when something is not as the step claims. */
  walk(world: World, guide: Guide): Promise<void>;
}
