import type { Step } from './step.js';
import { crowd } from './steps/crowd.step.js';
import { explanation } from './steps/explanation.step.js';
import { killedInTheMiddle } from './steps/killed-in-the-middle.step.js';
import { oneCache } from './steps/one-cache.step.js';
import { rollback } from './steps/rollback.step.js';
import { writeElsewhere } from './steps/write-elsewhere.step.js';

/** The last one ends with one process less. */
export const steps: readonly Step[] = [oneCache, writeElsewhere, explanation, rollback, crowd, killedInTheMiddle];
