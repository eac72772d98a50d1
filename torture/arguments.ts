import { parseArgs } from 'node:util';
import type { Consistency } from 'nestjs-zoocache';
import { FAULTS, isFaultName, type FaultName } from './faults/faults.js';

/** What a run is to do. */
export interface Arguments {
  readonly seconds: number;
  readonly processes: number;
  readonly storage: 'redis' | 'lmdb' | 'memory';
  readonly level: Consistency;
  /** How old an answer may be, in milliseconds; 0 except for the bounded level. */
  readonly boundMs: number;
  readonly faults: readonly FaultName[];
  /** About how long it is from one fault to the next, in milliseconds. */
  readonly rhythmMs: number;
  readonly seed: number;
  readonly isNaive: boolean;
  /** The least part of all reads that must be hits. */
  readonly leastHits: number;
  readonly writePauseMs: number;
  /** Where the journals of all processes are to stay; undefined: nowhere. */
  readonly journals: string | undefined;
}

/** @throws Error that says which argument is wrong. */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      processes: { type: 'string', default: '4' },
      storage: { type: 'string', default: 'redis' },
      level: { type: 'string', default: 'transparent' },
      faults: { type: 'string', default: 'all' },
      rhythm: { type: 'string', default: '600' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      naive: { type: 'boolean', default: false },
      hits: { type: 'string', default: '0.02' },
      pause: { type: 'string', default: '30' },
      journals: { type: 'string' },
    },
  });
  const { storage, level } = values;
  if (storage !== 'redis' && storage !== 'lmdb' && storage !== 'memory') {
    throw new Error('--storage is redis, lmdb or memory');
  }
  const boundMs = /^bounded:(\d+)$/.exec(level)?.[1];
  if (boundMs === undefined && level !== 'transparent' && level !== 'strict') {
    throw new Error('--level is transparent, strict, or bounded:500 for at most 500 milliseconds');
  }
  return {
    seconds: positive(values.seconds, 'seconds'),
    processes: positive(values.processes, 'processes'),
    storage,
    level: boundMs === undefined ? (level as Consistency) : { bounded: Number(boundMs) },
    boundMs: Number(boundMs ?? 0),
    faults: faultsIn(values.faults).filter((name) => FAULTS[name].storages.includes(storage)),
    rhythmMs: positive(values.rhythm, 'rhythm'),
    seed: positive(values.seed, 'seed'),
    isNaive: values.naive,
    leastHits: Number(values.hits),
    writePauseMs: positive(values.pause, 'pause'),
    journals: values.journals,
  };
}

function positive(text: string, name: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} is a number above 0`);
  return number;
}

function faultsIn(text: string): readonly FaultName[] {
  if (text === 'none') return [];
  const all = Object.keys(FAULTS) as FaultName[];
  if (text === 'all') return all;
  const names = text.split(',');
  const unknown = names.find((name) => !isFaultName(name));
  if (unknown !== undefined) throw new Error(`--faults is all, none, or some of ${all.join(',')}; not ${unknown}`);
  return names as FaultName[];
}
