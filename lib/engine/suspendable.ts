/** Later than every position: what a node shows while a mark on it is open, so that one comparison covers both. */
export const PENDING: number = Number.MAX_SAFE_INTEGER;

/** What a suspended node will show again once its last mark is gone. */
interface Suspended {
  marks: number;
  position: number;
}

/**
 * A position of each node that shows {@link PENDING} while marks on the node are open, so that the hot path compares
 * one number; the position itself waits here, where only the few suspended nodes cost memory.
 */
export class Suspendable {
  private readonly suspended = new Map<number, Suspended>();

  constructor(private readonly show: (node: number, position: number) => void) {}

  /** One more mark is open on the node, which stood at `position` if it is the first. */
  suspend(node: number, position: number): void {
    const known = this.suspended.get(node);
    if (known === undefined) {
      this.suspended.set(node, { marks: 1, position });
      this.show(node, PENDING);
    } else known.marks++;
  }

  /** One mark less; the last one lets the node show its position again. */
  resume(node: number): void {
    const known = this.suspended.get(node);
    if (known === undefined || --known.marks > 0) return;
    this.suspended.delete(node);
    this.show(node, known.position);
  }

  /** The node moved to `position`, which a suspended node shows later. */
  set(node: number, position: number): void {
    const known = this.suspended.get(node);
    if (known === undefined) this.show(node, position);
    else known.position = position;
  }
}
