const HEAD = 0;
const RECORD = 1;
const MARK = 2;
const BEHIND_MARKS = 3;

/**
 * The keys of one log in the table of all logs of an environment. Each begins with the log's prefix, which says its
 * length first, so that no log's keys begin like another's.
 */
export class LogKeys {
  /** Where the log's state is. */
  readonly head: Buffer;
  /** Where the open marks begin, and the first place behind them. */
  readonly marks: { readonly start: Buffer; readonly end: Buffer };

  private readonly prefix: Buffer;

  constructor(prefix: string) {
    const text = Buffer.from(prefix);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    this.prefix = Buffer.concat([length, text]);
    this.head = this.keyOf(HEAD);
    this.marks = { start: this.keyOf(MARK), end: this.keyOf(BEHIND_MARKS) };
  }

  /** Keys of records sort like their positions, so new ones are written side by side. */
  record(position: number): Buffer {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleBE(position);
    return this.keyOf(RECORD, bytes);
  }

  mark(transactionId: string): Buffer {
    return this.keyOf(MARK, Buffer.from(transactionId));
  }

  private keyOf(kind: number, rest?: Buffer): Buffer {
    return Buffer.concat(rest === undefined ? [this.prefix, Buffer.of(kind)] : [this.prefix, Buffer.of(kind), rest]);
  }
}
