import fc from 'fast-check';
import { Fleet, type FleetOptions } from './fleet.js';
import type { FleetLibrary } from './library.js';

const PEERS = 2;
const ROWS = 2;

/** What somebody does, or what goes wrong. */
type Event =
  | { readonly kind: 'read' | 'write'; readonly peer: number; readonly row: number }
  | { readonly kind: 'pause' | 'resume' | 'kill'; readonly peer: number }
  | { readonly kind: 'lose log' }
  | { readonly kind: 'lose message'; readonly which: number }
  | { readonly kind: 'skip'; readonly ms: number };

/** A history as data, so that a failing one can be shrunk and printed: events, and how many moves lie between them. */
export interface FleetHistory {
  readonly events: readonly { readonly event: Event; readonly moves: readonly number[] }[];
}

const peer = fc.nat({ max: PEERS - 1 });
const row = fc.nat({ max: ROWS - 1 });

const harmless: fc.Arbitrary<Event> = fc.record({
  kind: fc.constantFrom('read', 'read', 'read', 'read', 'write'),
  peer,
  row,
});

const trouble: fc.Arbitrary<Event> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('pause', 'resume', 'resume'), peer }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const), peer }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose log' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose message' as const), which: fc.nat({ max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('skip' as const), ms: fc.constantFrom(50, 1_500, 4_000) }) },
);

/** Mostly what comes first, so that most things come to their end before the next event. */
const choice = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat({ max: 9 }) });

/** Histories in which nothing goes wrong, or (`faults`) anything may. */
export function fleetHistory(faults: boolean): fc.Arbitrary<FleetHistory> {
  const event = faults ? fc.oneof({ weight: 5, arbitrary: harmless }, { weight: 2, arbitrary: trouble }) : harmless;
  const moves = fc.array(choice, { maxLength: 40, size: 'max' });
  return fc.record({ events: fc.array(fc.record({ event, moves }), { minLength: 3, maxLength: 30, size: 'max' }) });
}

/** Plays a history, then lets everything come to its end, and returns what went wrong. */
export async function playFleet(
  library: FleetLibrary,
  { events }: FleetHistory,
  options: Partial<FleetOptions> = {},
): Promise<{ failures: readonly string[]; hits: number }> {
  const fleet = new Fleet(library, { peers: PEERS, rows: ROWS, ...options });
  await settle();
  // Everybody has found the log before anything else happens.
  await goOn(
    fleet,
    Array.from({ length: 12 }, () => 0),
  );
  for (const { event, moves } of events) {
    happen(fleet, event);
    await settle();
    await goOn(fleet, moves);
    if (fleet.failures.length > 0) break;
  }
  for (let each = 0; each < PEERS; each++) fleet.resume(each);
  for (let turn = 0; turn < 200 && fleet.failures.length === 0; turn++) await goOn(fleet, [0]);
  return { failures: fleet.failures, hits: fleet.countHits() };
}

function happen(fleet: Fleet, event: Event): void {
  switch (event.kind) {
    case 'read':
      return fleet.read(event.peer, event.row);
    case 'write':
      return fleet.write(event.peer, event.row);
    case 'pause':
      return fleet.pause(event.peer);
    case 'resume':
      return fleet.resume(event.peer);
    case 'kill':
      return fleet.kill(event.peer);
    case 'lose log':
      return fleet.loseLog();
    case 'lose message':
      return fleet.loseMessage(event.which);
    case 'skip':
      return fleet.skip(event.ms);
  }
}

async function goOn(fleet: Fleet, choices: readonly number[]): Promise<void> {
  for (const choice of choices) {
    const { moves } = fleet;
    if (moves.length === 0) return;
    moves[choice % moves.length].run();
    await settle();
  }
}

/** Lets everything that can go on without another move do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 25; turn++) await Promise.resolve();
}
