import type { Step as StepOf } from '../../../shared/tour/step.js';
import type { World } from './world.js';

/** One stop of the tour around the world. */
export type Step = StepOf<World>;
