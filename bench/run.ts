import { fork } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs, styleText } from 'node:util';
import type { Finding } from './harness/scenario.js';

/**
 * Runs the scenarios one after the other, each in a process of its own, prints what they found and keeps it.
 *
 *     npm run bench                    all of them
 *     npm run bench -- validation      those whose name starts with one of the words
 *     npm run bench -- --keep          also writes bench/results/<date>.json
 */
const { values, positionals } = parseArgs({ allowPositionals: true, options: { keep: { type: 'boolean' } } });
const root = new URL('../../../', import.meta.url);
const scenarios = readdirSync(new URL('scenarios', import.meta.url))
  .filter((file) => file.endsWith('.js'))
  .filter((file) => positionals.length === 0 || positionals.some((word) => file.startsWith(word)));

const found: Finding[] = [];
for (const file of scenarios) {
  for (const finding of await run(file)) {
    found.push(finding);
    const verdict = finding.isMet ? styleText('green', 'met   ') : styleText('red', 'missed');
    console.log(`${verdict} ${finding.case}: ${styleText('bold', finding.measured)} (${finding.target})`);
  }
}
if (values.keep === true) {
  const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version, versions: versions() };
  mkdirSync(new URL('bench/results', root), { recursive: true });
  const file = new URL(
    `bench/results/${new Date().toISOString().slice(0, 10)}-node${process.versions.node}.json`,
    root,
  );
  writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), machine, found }, null, 2)}\n`);
}
process.exitCode = found.every(({ isMet }) => isMet) ? 0 : 1;

function run(file: string): Promise<readonly Finding[]> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(`scenarios/${file}`, import.meta.url), { execArgv: ['--expose-gc'] });
    let findings: readonly Finding[] = [];
    child.on('message', (message: { findings: readonly Finding[] }) => {
      findings = message.findings;
      // What a scenario has opened is none of its successors' business.
      setTimeout(() => child.kill(), 2_000).unref();
    });
    child.on('exit', (code) => {
      if (findings.length > 0) resolve(findings);
      else reject(new Error(`${file} ended with code ${code} and found nothing`));
    });
  });
}

function versions(): Record<string, string> {
  return Object.fromEntries(
    ['@nestjs/core', 'typeorm', 'lru-cache', 'pg'].map((name) => {
      const { version } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, root), 'utf8')) as {
        version: string;
      };
      return [name, version];
    }),
  );
}
