import { ZooCacheError } from '../errors/zoocache.error.js';

/** Thrown on the fast way when something needs the careful one; never leaves the encoder. */
export const ENCODE_AGAIN = new Error('Encode again, carefully');

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const LONGEST_PATH = 200;

/** What the careful way remembers: where it is, for messages, and which containers it met, for cycles. */
export class Walk {
  private readonly steps: string[] = [];
  private readonly met = new Map<object, number>();

  /**
   * @param option the option of the user that made what is encoded; undefined: they are arguments of a call
   * @param method what was called
   */
  constructor(
    readonly option?: string,
    private readonly method?: string,
  ) {}

  /** Starts with the value at this place of the list. */
  start(place: number): void {
    const argument = `argument ${place + 1}`;
    this.step(0, this.option ?? (this.method === undefined ? argument : `${argument} of ${this.method}`));
  }

  /** Goes on from the first `depth` steps. */
  step(depth: number, text: string): void {
    this.steps.length = depth;
    this.steps[depth] = text;
  }

  stepTo(depth: number, name: string): void {
    this.step(depth, IDENTIFIER.test(name) ? `.${name}` : `[${JSON.stringify(name.slice(0, LONGEST_PATH))}]`);
  }

  /** Back at a container of that depth, when what is inside it was visited. */
  backTo(depth: number): void {
    this.steps.length = depth;
  }

  /** The number under which a container was met before; `undefined`, and a new number, the first time. */
  meet(container: object): number | undefined {
    const earlier = this.met.get(container);
    if (earlier === undefined) this.met.set(container, this.met.size);
    return earlier;
  }

  toString(): string {
    const [argument, ...path] = this.steps;
    const text = path.join('');
    if (text === '') return argument;
    return `${argument} at ${text.length > LONGEST_PATH ? text.slice(0, LONGEST_PATH) + '…' : text}`;
  }
}

/** Gives up: on the fast way without a word, since the careful way comes next and knows the place. */
export function refuse(walk: Walk | undefined, what: string): never {
  throw walk === undefined ? ENCODE_AGAIN : unencodable(walk, what, undefined);
}

/** What the careful way throws when a getter, a `toJSON` or a Proxy threw. */
export function readError(walk: Walk, thrown: unknown): ZooCacheError {
  return thrown instanceof ZooCacheError ? thrown : unencodable(walk, 'a value that throws when it is read', thrown);
}

function unencodable(walk: Walk, what: string, cause: unknown): ZooCacheError {
  return new ZooCacheError('INVALID_KEY', {
    what:
      walk.option === undefined
        ? 'An argument cannot become part of a cache key'
        : 'An option returned what cannot become part of a cache key',
    name: `${walk.toString()}: ${what}`,
    next:
      walk.option === undefined
        ? 'Give `key: (...args) => ...` to the decorator and return what the answer depends on, or leave the argument out'
        : 'Let it return what tells one answer from another: texts, numbers or plain data, not a promise',
    cause,
  });
}
