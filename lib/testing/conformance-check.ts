import { setTimeout as sleep } from 'node:timers/promises';

/** One promise of a contract, as a test that any framework can run. */
export interface ConformanceCheck {
  /** What is promised, a sentence without its full stop. */
  readonly title: string;
  /** Resolves when the promise holds, and rejects with what was seen instead when it does not. Needs no `this`. */
  readonly run: () => Promise<void>;
}

/** What a factory opens: something that may have to be closed. */
export interface Closable {
  close?(): Promise<void>;
}

/** Hands `use` a way to open what it needs, and closes all of it afterwards, also when `use` rejects. */
export async function withOpened<T extends Closable>(
  open: () => T | Promise<T>,
  use: (open: () => Promise<T>) => Promise<void>,
): Promise<void> {
  const opened: T[] = [];
  try {
    await use(async () => {
      const one = await open();
      opened.push(one);
      return one;
    });
  } finally {
    await Promise.all(opened.map(async (one) => one.close?.()));
  }
}

const POLL_MS = 10;

/** Asks again and again until the answer is yes; false when it still is no after about `patienceMs` milliseconds. */
export async function eventually(isSo: () => boolean | Promise<boolean>, patienceMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += POLL_MS) {
    if (await isSo()) return true;
    await sleep(POLL_MS);
  }
  return isSo();
}
