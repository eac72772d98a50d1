import type { CoarseClock } from '../support/coarse-clock.js';
import type { Tag } from '../tags/tag.js';
import { Departures, type Departure } from './departures.js';
import { NO_EXPIRY, type Entry } from './entry.js';
import type { Absence, Finding } from './finding.js';
import { isOver } from './lifetimes.js';
import type { RecentRecords } from './recent-records.js';
import type { Validity } from './validity.js';

/** As many of the tags that an answer fell by are remembered: enough to find the write. */
const MAX_NOTED_TAGS = 4;

/** Why keys hold nothing: noted where an answer leaves or is not stored, told when somebody asks. */
export class Absences {
  private readonly departures = new Departures();

  constructor(
    private readonly validity: Validity,
    /** What happened last, among which the writes are that made answers worthless. */
    private readonly records: RecentRecords,
    private readonly clock: Pick<CoarseClock, 'now' | 'exact'>,
    /** The tag that is swept when everything is emptied. */
    private readonly everything: Tag,
  ) {}

  noteGone(key: string, reason: 'evicted' | 'deleted'): void {
    this.departures.note(key, { reason, at: this.clock.now() });
  }

  noteExpired({ key, expiresAt }: Entry): void {
    this.departures.note(key, { reason: 'expired', at: expiresAt });
  }

  noteBypass(key: string, because: string): void {
    this.departures.note(key, { reason: 'bypassed', because, at: this.clock.now() });
  }

  /** Before the entry lets go of its nodes, which know what happened. */
  noteInvalidated(entry: Entry): void {
    this.departures.note(entry.key, this.overtaken(entry));
  }

  /** @param validAt a position at which everything had not been emptied yet */
  noteCleared(key: string, validAt: number): void {
    this.departures.note(key, this.invalidated(validAt, [this.everything]));
  }

  /**
   * What is known of a key. Changes nothing: no count, no use of the entry, and one that is worthless stays.
   *
   * @param entry what is held under the key, valid or not
   */
  explain(key: string, entry: Entry | undefined): Finding {
    const departure = this.departures.of(key);
    const lastAbsence = departure === undefined ? undefined : this.absenceAfter(departure);
    if (entry === undefined) {
      return {
        absent: lastAbsence ?? { reason: this.departures.mayHaveForgotten(key) ? 'forgotten' : 'never-loaded' },
      };
    }
    if (!this.validity.isQuiet(entry)) return { absent: this.absenceAfter(this.overtaken(entry)) };
    const { since, expiresAt } = entry;
    if (isOver(expiresAt, this.clock)) return { absent: { reason: 'expired', agoMs: this.since(expiresAt) } };
    return {
      present: {
        since,
        tags: this.validity.tagsOf(entry.nodes!),
        expiresInMs: expiresAt === NO_EXPIRY ? Infinity : expiresAt - this.clock.exact(),
        lastAbsence,
      },
    };
  }

  /** Whether anything is known of a key of which nothing is held. */
  knows(key: string): boolean {
    return this.departures.of(key) !== undefined;
  }

  private overtaken(entry: Entry): Departure {
    return this.invalidated(entry.token, this.validity.disturbing(entry, MAX_NOTED_TAGS));
  }

  private invalidated(validAt: number, tags: readonly Tag[]): Departure {
    return { reason: 'invalidated', validAt, invalidAt: this.validity.position, tags, at: this.clock.now() };
  }

  private absenceAfter(departure: Departure): Absence {
    const agoMs = this.since(departure.at);
    switch (departure.reason) {
      case 'invalidated': {
        const culprit = this.records.culprit(departure.tags, departure.validAt, departure.invalidAt);
        const by = culprit && { ...culprit, agoMs: this.since(culprit.record.at) };
        return { reason: 'invalidated', by };
      }
      case 'bypassed':
        return { reason: 'bypassed', because: departure.because, agoMs };
      default:
        return { reason: departure.reason, agoMs };
    }
  }

  /** Milliseconds since then. */
  private since(at: number): number {
    return Math.max(0, Math.round(this.clock.exact() - at));
  }
}
