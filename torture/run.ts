import 'reflect-metadata';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Dice } from '../test/support/dice.js';
import { readArguments } from './arguments.js';
import { Checker } from './check/checker.js';
import { readHistories } from './check/history.js';
import { reportOn } from './check/report.js';
import { FaultLog, torture } from './faults/faults.js';
import { Fleet } from './fleet.js';
import { Servers } from './servers/servers.js';
import { now } from './world/clock.js';

/*
 * Processes that share a cache, and everything that may happen to them, for as long as it is told to:
 * `npm run torture -- --seconds 60 --processes 4 --storage redis --level transparent --faults all`. Ends with 1 when an
 * answer was older than it may be, and tells what happened to that row.
 */

/** For how long nothing happens before everything is compared, in milliseconds. */
const SETTLING_MS = 5_000;

const args = readArguments(process.argv.slice(2));
process.stdout.write(`seed ${args.seed}\n`);
const servers = await Servers.start();
process.once('SIGINT', () => void servers.stop().finally(() => process.exit(130)));
try {
  const startedAt = now();
  const fleet = await Fleet.start(servers, args);
  const told = new FaultLog();
  const victims = { servers, fleet, dice: new Dice(args.seed), busy: new Set<never>(), told };
  const endsAt = now() + args.seconds * 1_000_000;
  await torture(args, victims, () => now() > endsAt);
  await fleet.beQuiet();
  // What is owed is paid, and a log that has just begun is trusted: that of a Redis that was started, or of a new file.
  await pause(args.storage === 'memory' ? 0 : SETTLING_MS);
  const rest = await fleet.rest();
  await fleet.end();
  const rules = { level: nameOf(args.level), boundMs: args.boundMs, slackMs: 1_000 } as const;
  const histories = readHistories(join(servers.directory, 'journals'));
  const findings = new Checker(histories, told, rules).check();
  const { crashes } = fleet;
  const { text, isGood } = reportOn({ args, findings, histories, faults: told, rest, crashes, startedAt });
  process.stdout.write(`${text}\n`);
  if (args.journals !== undefined) {
    cpSync(join(servers.directory, 'journals'), args.journals, { recursive: true });
    writeFileSync(join(args.journals, 'faults'), told.all.map((fault) => `${JSON.stringify(fault)}\n`).join(''));
  }
  process.exitCode = isGood ? 0 : 1;
} finally {
  await servers.stop();
}

function nameOf(level: typeof args.level): 'transparent' | 'strict' | 'bounded' {
  return typeof level === 'object' ? 'bounded' : level;
}
