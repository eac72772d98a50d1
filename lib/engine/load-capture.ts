import type { Tag } from '../tags/tag.js';
import type { Flight } from './flight.js';

/**
 * What one running load came to depend on, and whether its answer may be kept.
 *
 * A load that runs inside another hands everything on when it ends, so the outer answer depends on all the inner ones.
 */
export class LoadCapture {
  readonly tags = new Set<Tag>();

  private reason: string | undefined;
  private isOpen = true;

  /**
   * @param token the position of the log before the load asked the database anything.
   * @param around the load this one runs inside of.
   * @param flight the single flight this load is, if others may join it.
   */
  constructor(
    readonly token: number,
    private around: LoadCapture | undefined,
    readonly flight: Flight | undefined,
  ) {}

  /**
   * The innermost load around this one that is running still; those that are over are let go of. A load that starts the next
   * one for later, as who refreshes an answer does, would otherwise keep all before it.
   */
  get outer(): LoadCapture | undefined {
    while (this.around !== undefined && !this.around.isOpen) this.around = this.around.around;
    return this.around;
  }

  /** Why the answer must not be kept, or undefined while it may. */
  get blockedBy(): string | undefined {
    return this.reason;
  }

  depend(tag: Tag): void {
    // A query that the load did not wait for cannot have shaped its answer, but may shape that of a load around it.
    if (this.isOpen) this.tags.add(tag);
    else this.outer?.depend(tag);
  }

  dependOnAll(tags: Iterable<Tag>): void {
    for (const tag of tags) this.depend(tag);
  }

  /** The answer depends on something no tag stands for; the first reason given is the one reported. */
  block(reason: string): void {
    if (this.isOpen) this.reason ??= reason;
    else this.outer?.block(reason);
  }

  /** Ends the capture and hands what was captured on to the load around it. */
  close(): void {
    this.isOpen = false;
    const { outer } = this;
    if (outer === undefined) return;
    outer.dependOnAll(this.tags);
    if (this.reason !== undefined) outer.block(this.reason);
  }

  /** The flight that waits for what runs in this load, be it its own or that of a load around it. */
  get nearestFlight(): Flight | undefined {
    return (this.isOpen ? this.flight : undefined) ?? this.outer?.nearestFlight;
  }
}
