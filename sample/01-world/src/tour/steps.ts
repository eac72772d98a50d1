import type { Step } from './step.js';
import { crowd } from './steps/crowd.step.js';
import { everyWrite } from './steps/every-write.step.js';
import { explanation } from './steps/explanation.step.js';
import { firstAndSecondCall } from './steps/first-and-second-call.step.js';
import { neverStale } from './steps/never-stale.step.js';
import { overHttp } from './steps/over-http.step.js';
import { precision } from './steps/precision.step.js';
import { rollback } from './steps/rollback.step.js';

export const steps: readonly Step[] = [
  firstAndSecondCall,
  everyWrite,
  precision,
  explanation,
  rollback,
  crowd,
  neverStale,
  overHttp,
];
