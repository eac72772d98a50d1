import { isUsersKey } from '../keys/cache-key.js';
import { keyTag } from '../tags/user-tag.js';
import type { Absences } from './absences.js';
import { NO_ANSWER, type Answers } from './answers.js';
import { frameForLoad, runInFrame } from './context.js';
import type { EngineParts } from './engine-parts.js';
import type { Exchange } from './exchange.js';
import type { Flight, Landing } from './flight.js';
import type { FleetFlight } from './fleet-flight.js';
import type { FollowedLog } from './log/followed-log.js';
import { LoadCapture } from './load-capture.js';
import type { NamedLoads } from './named-loads.js';
import type { NearEntries } from './near-entries.js';
import { keptArguments, type ReadRequest } from './read-request.js';
import type { RunningLoads } from './running-loads.js';
import { join, SingleFlight, wouldDeadlock } from './single-flight.js';
import type { Validity } from './validity.js';

/** What a load works with: the engine's parts, and what it made of them. */
export interface LoadPathParts extends Pick<
  EngineParts,
  'prefix' | 'boundMs' | 'clock' | 'failures' | 'fleet' | 'statistics' | 'tagsOfResult'
> {
  readonly log: FollowedLog;
  readonly running: RunningLoads;
  readonly named: NamedLoads;
  readonly validity: Validity;
  readonly near: NearEntries;
  readonly exchange: Exchange;
  readonly answers: Answers;
  readonly absences: Absences;
}

/** Loads what nobody holds, once for all who ask, and keeps what may be kept. */
export class LoadPath {
  private readonly flights: SingleFlight;

  /** The storing of what was loaded last, where other processes see it. */
  private sharing: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: LoadPathParts) {
    this.flights = new SingleFlight(parts.clock);
  }

  /** Whether no load is running that others may join. */
  get isAtRest(): boolean {
    return this.flights.size === 0;
  }

  /** The answer of a load that began after this call, or of one that is still right. Rejects with what `load` throws. */
  loadOrJoin<T>(request: ReadRequest<T>): Promise<T> {
    const { key, plan, frame } = request;
    if (plan.isSolitary === true) return this.loadNow(request);
    const running = this.flights.current(key);
    if (running === undefined) {
      const flight = this.flights.start(key);
      const { fleet } = this.parts;
      if (fleet === undefined || plan.isLocal === true) return this.loadNow(request, flight);
      return this.loadForAll(fleet, request, flight);
    }
    if (wouldDeadlock(running, frame?.load)) return this.loadNow(request);
    return this.joinOrLoad(running, { ...request, args: keptArguments(plan, request.args()) });
  }

  private async joinOrLoad<T>(running: Flight, request: ReadRequest<T>): Promise<T> {
    const { key, frame } = request;
    const early = await join(running, frame?.load);
    if (early !== undefined && this.parts.validity.isValid(early.entry)) {
      const answer = this.parts.answers.copied<T>(early.entry);
      if (answer !== NO_ANSWER) {
        frame?.load?.dependOnAll(early.tags);
        return answer;
      }
    }

    // What the running load found is too old for this call, or cannot be shared. A flight that is in the air now began
    // after this call, so whatever it finds is new enough, even if it has been overtaken again when it lands.
    const younger = this.flights.current(key);
    if (younger === undefined) return this.loadNow(request, this.flights.start(key));
    if (!wouldDeadlock(younger, frame?.load)) {
      const late = await join(younger, frame?.load);
      const answer = late === undefined ? NO_ANSWER : this.parts.answers.copied<T>(late.entry);
      if (answer !== NO_ANSWER) {
        frame?.load?.dependOnAll(late!.tags);
        return answer;
      }
    }
    return this.loadNow(request);
  }

  /** Loads, unless another process is loading the same. */
  private async loadForAll<T>(fleet: FleetFlight, request: ReadRequest<T>, flight: Flight): Promise<T> {
    const { key, plan, frame } = request;
    const { answers, exchange, validity } = this.parts;
    // Whoever held the lock a moment ago may have stored the answer since this read looked for it.
    const [land, stored] = await Promise.all([fleet.takeOff(key), exchange.find(key)]);
    if (land !== undefined && stored !== undefined) land();
    else if (land !== undefined) {
      try {
        return await this.loadNow(request, flight);
      } finally {
        land(this.sharing);
      }
    }
    if (frame?.load?.nearestFlight !== undefined) flight.isAwaited = true;
    // Found by way of a barrier, so that it is new enough for everybody who waits.
    const entry = stored ?? (await fleet.wait(key, flight, () => exchange.find(key)));
    const answer = entry?.nodes === undefined ? NO_ANSWER : answers.from<T>(entry, plan, frame);
    if (answer === NO_ANSWER) return this.loadNow(request, flight);
    const tags = new Set(validity.tagsOf(entry!.nodes!));
    this.flights.land(key, flight, { entry: entry!, tags });
    return answer;
  }

  /** @param flight that of those who may join */
  private async loadNow<T>(request: ReadRequest<T>, flight?: Flight): Promise<T> {
    const { key, plan, load, args, frame } = request;
    const { absences, log, named, running, validity } = this.parts;
    const outer = frame?.load;
    // Before anything is asked of the database: taken later, a write between the snapshot and the token would be lost.
    const capture = new LoadCapture(validity.position, outer, flight);
    const waiting = flight === undefined ? undefined : outer?.nearestFlight;
    if (flight !== undefined) waiting?.waitFor(flight);
    // The log may have been lost since the barrier was passed; in a quarantine nothing may be kept.
    const obstacle = log.obstacle(plan.boundMs ?? this.parts.boundMs ?? 0);
    if (obstacle !== undefined) capture.block(obstacle);
    running.add(capture);
    named.begin(key, capture);
    plan.counters.loads++;
    let landing: Landing | undefined;
    try {
      const value = await runInFrame(frameForLoad(capture, frame), () => load(args()));
      landing = this.fill(request, capture, value);
      return value;
    } catch (error) {
      absences.noteBypass(key, 'load failed');
      throw error;
    } finally {
      capture.close();
      running.delete(capture);
      named.end(key, capture);
      if (flight !== undefined) {
        waiting?.goOn(flight);
        this.flights.land(key, flight, landing);
      }
      validity.forgetUnheld();
    }
  }

  /** Keeps what was loaded, if it may be; who joined gets it also if it is not kept. */
  private fill(request: ReadRequest<unknown>, capture: LoadCapture, value: unknown): Landing | undefined {
    const { key, plan } = request;
    const { absences, exchange, failures, named, near, statistics } = this.parts;
    try {
      this.dependOnResult(request, capture, value);
      if (capture.blockedBy !== undefined) {
        statistics.bypass(capture.blockedBy);
        absences.noteBypass(key, capture.blockedBy);
        return undefined;
      }
      if (plan.unless?.(value) === true) {
        absences.noteBypass(key, 'unless');
        return undefined;
      }
      if (named.isOvertaken(key, capture)) {
        absences.noteBypass(key, 'set or removed meanwhile');
        return undefined;
      }
      if (capture.flight?.isOvertaken === true) {
        absences.noteBypass(key, 'loaded anew meanwhile');
        return undefined;
      }
      const entry = near.make(key, value, { tags: capture.tags, token: capture.token, ttlMs: plan.ttlMs });
      if (entry === undefined) return undefined;
      if (near.admit(entry)) {
        // First of all, because memory may have no room for it, and then it tells nobody any more what it depends on.
        const isShared = exchange.isShared && plan.isLocal !== true;
        if (isShared) this.sharing = exchange.share(entry, plan.ttlMs);
        if (near.store(entry) || isShared) plan.counters.fills++;
        capture.flight?.overtake();
      }
      return { entry, tags: capture.tags };
    } catch (error) {
      failures.report('storing an answer', error);
      statistics.bypass('not storable');
      absences.noteBypass(key, 'not storable');
      return undefined;
    }
  }

  /** What an answer depends on beside what its statements name. */
  private dependOnResult({ key, plan, args }: ReadRequest<unknown>, capture: LoadCapture, value: unknown): void {
    const { exchange, log, prefix, tagsOfResult } = this.parts;
    try {
      if (tagsOfResult !== undefined) capture.dependOnAll(tagsOfResult(value, capture.tags));
      if (plan.tags !== undefined) capture.dependOnAll(plan.tags(value, args()));
    } catch (error) {
      // Nobody knows all that this answer depends on, nor what an answer does that is made of it.
      capture.block('tags failed');
      throw error;
    }
    // What users name themselves may be set or deleted, by others or while it rests elsewhere.
    if ((log.isShared || exchange.isShared) && isUsersKey(key)) capture.depend(keyTag(prefix, key));
  }
}
