import { afterEach } from '@jest/globals';
import assert from 'node:assert/strict';
import type { LogRecord } from '../../lib/bus/invalidation-bus.js';
import { ProcessLog } from '../../lib/bus/local/process-log.js';
import { currentFrame, frameForLoad, runInFrame } from '../../lib/engine/context.js';
import { LoadCapture } from '../../lib/engine/load-capture.js';
import { processWritePath } from '../../lib/engine/write-path.js';
import { segmentsOf, type Tag } from '../../lib/tags/tag.js';
import { onHookFailure } from '../../lib/typeorm/library/hook-failures.js';
import { installHooks } from '../../lib/typeorm/hooks/install-hooks.js';

/** What a write told everybody, in words: `book` the table, `book:7` a row, `book:*` any rows, `book!` the whole table, `*` all. */
export interface Heard {
  readonly kind: string;
  readonly what: readonly string[];
}

/** Listens to the write path of the process until the test is over. */
export class Listener {
  readonly log = new ProcessLog();
  private readonly records: LogRecord[] = [];
  private readonly detach: () => void;

  constructor() {
    this.log.follow((record) => void this.records.push(record));
    this.detach = processWritePath.attach(this.log);
  }

  /** Everything heard since the last time it was asked. */
  take(): readonly Heard[] {
    return this.records.splice(0).map((record) => ({ kind: record.kind, what: inWords(record) }));
  }

  /** What was released or invalidated since the last time, without repeating anything. */
  released(): readonly string[] {
    const what = this.take().filter(({ kind }) => kind !== 'mark');
    return [...new Set(what.flatMap((heard) => heard.what))].sort();
  }

  close(): void {
    this.detach();
  }
}

function inWords({ invalidation }: LogRecord): readonly string[] {
  const touches = invalidation.touches.map((tag) => wordOf(tag as Tag));
  const sweeps = invalidation.sweeps.map((tag) => sweepOf(tag as Tag));
  return [...new Set([...touches, ...sweeps].filter((word) => word !== undefined))].sort();
}

/** A tag in words. Those of tables in a named schema are left out where the same table without its schema is told too. */
export function wordOf(tag: Tag): string | undefined {
  const [, name, kind, ...rest] = segmentsOf(tag);
  if (name === undefined) return '*';
  if (kind === undefined) return name;
  if (kind === ':') return rest.length === 0 ? `${name}:*` : rowInWords(name, rest);
  return undefined;
}

function rowInWords(table: string, [id, column = '@', ...value]: readonly string[]): string {
  return id === '' ? table + [column, ...value].join(':') : `${table}:${id}`;
}

function sweepOf(tag: Tag): string | undefined {
  const [, name, kind, schema, ...rest] = segmentsOf(tag);
  if (kind === '.' && schema !== undefined && rest.length === 0) return `${name}!`;
  const word = wordOf(tag);
  return word === undefined || word === '*' || word.endsWith(':*') ? word : `${word}!`;
}

/** What a load came to depend on. */
export interface Loaded<T> {
  readonly value: T;
  /**
   * Tables, rows and changes in words: `book`, `book:7`, `book@title:dune`, `book+`, `book#title`, `book=title:dune`; a schema is
   * left out.
   */
  readonly tags: readonly string[];
  readonly blockedBy: string | undefined;
}

/** Runs `body` as a cached method's load. */
export async function load<T>(body: () => T | PromiseLike<T>): Promise<Loaded<T>> {
  const capture = new LoadCapture(0, undefined, undefined);
  const value = await runInFrame(frameForLoad(capture, currentFrame()), body);
  const tags = [...capture.tags].map((tag) => {
    const [, name, ...rest] = segmentsOf(tag);
    const path = rest[0] === '.' ? rest.slice(2) : rest;
    if (path[0] === '~') return name + [path[1], ...path.slice(2)].join(':');
    return path.length === 0 ? name : rowInWords(name, path.slice(1));
  });
  return { value, tags: [...new Set(tags)].sort(), blockedBy: capture.blockedBy };
}

installHooks();

const failures: unknown[] = [];
onHookFailure({ report: (during, error) => void failures.push(new Error(during, { cause: error })) });

let listener: Listener | undefined;

/** A listener that is there until the test is over. */
export function listen(): Listener {
  return (listener = new Listener());
}

/** The failures that hooks swallowed and no test has looked at. */
export function takeFailures(): readonly unknown[] {
  return failures.splice(0);
}

afterEach(() => {
  listener?.close();
  listener = undefined;
  assert.deepEqual(takeFailures(), []);
  assert.equal(processWritePath.openMarks, 0);
});
