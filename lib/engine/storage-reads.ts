import type { CacheStorage } from '../storage/storage.js';
import type { SharedDeadline } from '../support/shared-deadline.js';

type Bytes = Uint8Array | undefined;

/** More in one call would keep those waiting whose bytes come first, and save nothing. */
const KEYS_PER_CALL = 500;

/** What a turn of the event loop asks for. */
class Turn {
  readonly names: string[] = [];
  readonly waiting: ((bytes: Bytes) => void)[] = [];
}

/**
 * Reads of a storage, those of one turn by one call where it can answer many: so they share its promise, its deadline, and
 * mostly its round trip, which is nearly all that a read costs where many are in flight.
 *
 * Nothing here fails: what does not come in time, or in vain, is not there.
 */
export class StorageReads {
  private turn: Turn | undefined;

  /** @param failed hears why an answer did not come */
  constructor(
    private readonly storage: CacheStorage,
    private readonly deadline: SharedDeadline,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Calls `done` once with what lies under the name; it must not throw. */
  read(name: string, done: (bytes: Bytes) => void): void {
    const turn = (this.turn ??= this.begin());
    turn.waiting.push(done);
    if (turn.names.push(name) === KEYS_PER_CALL || this.storage.getMany === undefined) this.send();
  }

  private begin(): Turn {
    const turn = new Turn();
    // Before anything that waits for the end of the turn, so that a barrier and its reads still leave together.
    queueMicrotask(() => {
      if (this.turn === turn) this.send();
    });
    return turn;
  }

  private send(): void {
    const { names, waiting } = this.turn!;
    this.turn = undefined;
    const answer = (found?: readonly Bytes[]): void => {
      for (let at = 0; at < waiting.length; at++) waiting[at](found?.[at]);
    };
    const fail = (error: unknown): void => {
      this.failed(error);
      answer();
    };
    const giveUp = (): void => fail(noAnswer());
    const moment = this.deadline.begin(giveUp);
    try {
      this.ask(names).then(
        (found) => {
          if (moment.end(giveUp)) answer(found);
        },
        (error: unknown) => {
          if (moment.end(giveUp)) fail(error);
        },
      );
    } catch (error) {
      moment.end(giveUp);
      fail(error);
    }
  }

  private ask(names: readonly string[]): Promise<readonly Bytes[]> {
    const { storage } = this;
    return names.length > 1 ? storage.getMany!(names) : storage.get(names[0]).then((bytes) => [bytes]);
  }
}

export function noAnswer(): Error {
  return new Error('no answer');
}
