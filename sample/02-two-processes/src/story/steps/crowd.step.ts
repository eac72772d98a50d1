import { isDeepStrictEqual } from 'node:util';
import { thousands } from '../../../../shared/terminal/format.js';
import type { ApiProcess } from '../../api-process.js';
import type { CrowdAnswer } from '../../api/crowd.controller.js';
import type { Step } from '../step.js';
import { Summary } from '../summary.js';

const CALLERS_PER_PROCESS = 500;
const MOST_EDITIONS = 5;

export const crowd: Step = {
  title: '1,000 callers on a cold key, in two processes',
  why: "Half of them ask A and half ask B for a report that takes 200 ms. With `flight: 'shared'`, one process makes it for all.",

  async walk({ a, b, summary }, guide) {
    const [ofA, ofB] = await askAtOnce([a, b]);
    const from = ({ statements }: CrowdAnswer) => (statements > 0 ? 'database, for all' : 'shared storage');
    const who = (name: string) => `${CALLERS_PER_PROCESS} callers of ${name}`;
    guide.table(
      Summary.head,
      summary.tell({ who: who('A'), from: from(ofA), ...ofA }, { who: who('B'), from: from(ofB), ...ofB }),
      Summary.right,
    );
    const callers = ofA.callers + ofB.callers;
    const statements = ofA.statements + ofB.statements;
    guide.claim(
      `${thousands(callers)} calls, one query.`,
      callers === 2 * CALLERS_PER_PROCESS && statements === 1,
      () => `there were ${statements} for ${callers} calls`,
    );
    guide.claim(
      'All of them got the same report.',
      ofA.reports.length === 1 && isDeepStrictEqual(ofA.reports, ofB.reports),
      () => `there were ${JSON.stringify([...ofA.reports, ...ofB.reports])}`,
    );
  },
};

/** Both crowds ask for an edition that nobody has asked for; for the next one where one was disturbed. */
async function askAtOnce(apis: readonly ApiProcess[]): Promise<CrowdAnswer[]> {
  for (let edition = 1; ; edition++) {
    const body = { edition, callers: CALLERS_PER_PROCESS };
    const crowds = await Promise.all(apis.map((api) => api.ask<CrowdAnswer>('POST', '/crowd', body)));
    if (edition === MOST_EDITIONS || !crowds.some(({ value }) => value.errors > 0)) {
      return crowds.map(({ value }) => value);
    }
  }
}
