import type { Guide } from './guide.js';

/** One stop of a tour through a place: shows something, and checks that it is so. */
export interface Step<Place> {
  title: string;
  why: string;
  /** @throws {ClaimFailed} when something is not as the step claims. */
  walk(place: Place, guide: Guide): Promise<void>;
}

/** Walks all steps in their order. @throws {ClaimFailed} at the first claim that does not hold. */
export async function walk<Place>(steps: readonly Step<Place>[], place: Place, guide: Guide): Promise<void> {
  for (const step of steps) {
    guide.step(step.title, step.why);
    await step.walk(place, guide);
  }
}
