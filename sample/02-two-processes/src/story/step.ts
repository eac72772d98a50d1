import type { Step as StepOf } from '../../../shared/tour/step.js';
import type { Shop } from './shop.js';

/** One chapter of the story of the shop. */
export type Step = StepOf<Shop>;
