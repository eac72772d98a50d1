import { stripVTControlCharacters } from 'node:util';

const marker = /\[left out: ([^\]]+)\]/;

/** The lines of a box; every line is padded to the longest. */
function box(title, lines) {
  const width = Math.max(title.length + 2, ...lines.map((line) => line.length));
  return [
    `┌─ ${title} ${'─'.repeat(width - title.length - 1)}┐`,
    ...lines.map((line) => `│ ${line.padEnd(width)} │`),
    `└${'─'.repeat(width + 2)}┘`,
  ];
}

const count = (tests) => (tests === 1 ? '1 test' : `${tests} tests`);

/** What a run left out, by what it needed: tests that need what is absent, and tests switched off in their file. */
export function leftOut(testResults, absent) {
  const groups = new Map();
  for (const { testFilePath, testResults: tests } of testResults) {
    for (const { status, fullName } of tests) {
      if (status !== 'pending' && status !== 'todo' && status !== 'disabled') continue;
      const need = marker.exec(fullName)?.[1] ?? `switched off in ${testFilePath}`;
      groups.set(need, (groups.get(need) ?? 0) + 1);
    }
  }
  return [...groups].map(([need, tests]) => ({ tests, ...(absent[need] ?? { title: need }) }));
}

/**
 * Ends a run with a box that names what was left out and why, and with one plain line of counts.
 *
 * Under CI anything left out fails the run, unless the caller asked for some tests by name.
 */
export default class LeftOutReporter {
  #globalConfig;
  #error;

  constructor(globalConfig) {
    this.#globalConfig = globalConfig;
  }

  onRunComplete(_contexts, results) {
    const { absent } = JSON.parse(process.env.ZOO_TEST_SERVICES ?? '{ "absent": {} }');
    const groups = this.#globalConfig.testNamePattern ? [] : leftOut(results.testResults, absent);
    const lines = groups.flatMap(({ title, tests, reason, fix }) => [
      `${title}: ${count(tests)}${reason ? `, because ${stripVTControlCharacters(reason)}` : ''}`,
      ...(fix ? [`  to run them: ${fix}`] : []),
    ]);
    if (groups.length > 0 && process.env.CI) {
      this.#error = new Error('Tests were left out, and CI is set.');
      lines.push('CI is set, so this run failed.');
    }
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const report = [
      '',
      ...box('Left out', lines.length > 0 ? lines : ['nothing']),
      `tests: ${results.numPassedTests} passed, ${failed} failed`,
      '',
    ].join('\n');
    // Jest's own summary comes after every reporter; the box is to be the last thing on the screen.
    if (this.#globalConfig.watch || this.#globalConfig.watchAll) process.stdout.write(report);
    else process.once('exit', () => process.stdout.write(report));
  }

  getLastError() {
    return this.#error;
  }
}
