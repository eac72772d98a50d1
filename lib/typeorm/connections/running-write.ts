import type { Mark } from '../../engine/write-path.js';
import type { Invalidation } from '../../tags/tag.js';
import type { EffectLevel } from './effect-level.js';
import { withDoubt, type Knowledge } from '../databases/knowledge.js';

/**
 * A statement that writes, from before it is sent until its answer is known.
 *
 * What it invalidates is known in two steps: before, from its text (rows it may hit are swept), and after, when the
 * answer names the rows. Each is right by itself: whose answer changes is met by the first and by the second.
 */
export class RunningWrite {
  /** Where what it did is collected, if a transaction may be open around it. */
  level: EffectLevel | undefined;

  /** Whether no other write of its connection has run at the same time. */
  isAlone = true;

  private mark: Mark | undefined;

  constructor(
    private readonly markOf: (invalidation: Invalidation) => Mark,
    private readonly before: () => Invalidation,
    private readonly judgedBy: Knowledge | undefined,
  ) {}

  /** From now on it speaks for itself, because it may be committed as soon as it is executed. */
  markNow(): void {
    this.mark ??= this.markOf(this.attempted);
  }

  /** What it invalidates whatever its answer will be. */
  get attempted(): Invalidation {
    return withDoubt(this.before(), this.judgedBy);
  }

  /** Its answer is known, and with it perhaps the rows. */
  settle(after: Invalidation): void {
    this.level?.add(after, this.judgedBy);
    // Doubt may be removed while the statement is on its way, but never arises: the mark covers the release.
    this.mark?.release(withDoubt(after, this.judgedBy));
  }
}
