import { currentFrame } from '../../engine/context.js';
import type { LoadCapture } from '../../engine/load-capture.js';
import { processWritePath, type Mark } from '../../engine/write-path.js';
import type { Invalidation } from '../../tags/tag.js';
import type { AskingStatement } from '../asking/asking-statement.js';
import type { Call } from '../statements/call.js';
import { tellShown } from '../databases/column-wishes.js';
import { listenToCommit } from '../connections/commit-answer.js';
import { connect, connectionOf, driverConnectionOf } from '../connections/connections.js';
import type { ConnectionState } from '../connections/connection-state.js';
import type { Control, OnItsWay } from '../connections/transaction-control.js';
import { doubtCatalogues, forgetCatalogues } from '../statements/heard-data-source.js';
import { reportHookFailure } from '../library/hook-failures.js';
import { isHandedToEverybody } from '../library/runner-factory.js';
import { obstacleIn, spellsSql } from '../statements/key-values.js';
import { hearNames, isRenamed } from './renamed-connections.js';
import { askingForRows } from '../asking/returning.js';
import { sendAsking } from '../asking/send-asking.js';
import type { StatementPlan, TextPlan } from '../statements/text-plan.js';
import type { TransactionHandle } from '../connections/transaction-handle.js';
import { newHandle, newHandleOfEverybody, takeStart } from '../connections/started-transactions.js';
import { whenOver } from './unanswered.js';
import { processWitnesses } from '../witness/witnesses.js';
import type { Told } from '../statements/planned-write.js';
import { WholeRows } from './whole-rows.js';
import { generatedKeyOf, returnedRows, rowsIn } from '../asking/written-rows.js';

/** Connections in whose open transaction DDL was sent, and what is to be done about it. */
const redefining = new WeakMap<ConnectionState, (database: string) => void>();

/**
 * Sends a statement and hears what it does.
 *
 * Its promise resolves and rejects exactly as that of the original: whatever goes wrong in here is swallowed and
 * reported, and a write that could not be judged sweeps its database. One exception: a write may be refused, before it
 * is sent, while other processes cannot be told of it (`onLogDown: 'reject'`).
 */
export async function hearStatement(call: Call, load: LoadCapture | undefined): Promise<unknown> {
  let heard: Hearing | undefined;
  let connection: ConnectionState | undefined;
  let handle: TransactionHandle | undefined;
  let lost: Mark | undefined;
  let isRead = false;
  try {
    let plan = call.source.planOf(call.text);
    // Before the first await, or the caller would not be seen to stand in the transaction.
    if (plan.mayBegin) handle = handleFor(call);
    if (!plan.isRead) load?.block(plan.isWrite ? 'wrote' : 'transaction');
    connection =
      connectionOf(call.runner, call.source.dataSource) ?? (await connect(call.runner, call.source.dataSource));
    if (connection !== undefined) {
      if (!call.source.isAttachedKnown) await call.source.askAttached((text) => rowsOf(call, text));
      const isNeeded = plan.needsCatalogue && (load !== undefined || processWritePath.hasFollowers);
      const mayRead =
        !call.isWithinOwn && !connection.mayBeInTransaction && !isRenamed(connection) && !asksReplica(call);
      if (isNeeded && !call.source.isCatalogueRead && mayRead) {
        await call.source.readCatalogue((text) => rowsOf(call, text));
      }
      if (call.source.isAlwaysInTransaction && !connection.mayBeInTransaction)
        connection.startControl({ kind: 'autocommit-off' }).succeeded();
      const mayLearn = !plan.isRead && !call.isWithinOwn && processWritePath.hasOthers;
      const learning = mayLearn && processWitnesses.learn(call, connection);
      if (learning !== false && learning !== undefined) await learning;
      // What a text does is known anew when the catalogue was read meanwhile, here or for another statement.
      if (plan.schema !== call.source.schema) plan = call.source.planOf(call.text);
      ({ isRead } = plan);
      if (plan.isWrite && connection.isSurelyOpen) letEverybodyIn(call, connection);
      heard = isRead ? hearRead(call, plan, connection, load) : hearWrite(call, plan, connection, handle);
    } else handle?.leave();
  } catch (error) {
    lost = processWritePath.mark(call.source.sweep);
    conclude(() => collectLost(call));
    handle?.leave();
    load?.block('not understood');
    reportHookFailure('hearing a statement', error);
  }
  const announced = processWritePath.announced();
  if (announced !== undefined) {
    try {
      await announced;
    } catch (error) {
      conclude(() => heard?.failed());
      lost?.withdraw();
      throw error;
    }
  }
  let asking = heard?.asking;
  const unask = (): void => {
    asking = undefined;
    heard?.unask?.();
  };
  // A runner forgets its connection when that is lost.
  const writesOn = isRead ? undefined : driverConnectionOf(call.runner);
  let answer: unknown;
  try {
    // Asked when it is known: where connections are shared, a transaction may have begun meanwhile.
    const isOutside = (): boolean => connection?.mayBeInTransaction === false;
    answer = await (asking === undefined ? call.send(call.text) : sendAsking(call, asking, isOutside, unask));
  } catch (error) {
    whenOver(call.source.dataSource, writesOn, error, () => {
      conclude(() => heard?.failed(error));
      conclude(() => connection?.hearFailure());
      lost?.release(call.source.sweep);
    });
    throw error;
  }
  conclude(() => heard?.succeeded(answer));
  lost?.release(call.source.sweep);
  return asking === undefined ? answer : asking.plainAnswer(answer, call);
}

/**
 * Tests that roll back whatever they did open a transaction before each of them and hand its runner to everybody, so that all
 * code of the application reads in it without having been called from inside of it. The first write is early enough: what
 * was read before is what had been committed.
 */
function letEverybodyIn({ runner, source, isWithinOwn }: Call, connection: ConnectionState): void {
  if (isWithinOwn || currentFrame()?.transactions.isOpen === true) return;
  if (isHandedToEverybody(runner, source.dataSource)) connection.adopt(newHandleOfEverybody(runner));
}

/** What could not be judged may become visible with the transaction around it only. */
function collectLost({ runner, source }: Call): void {
  const connection = connectionOf(runner, source.dataSource);
  if (connection?.mayBeInTransaction === true) connection.collect(source.sweep);
}

/** What is to be done when the answer is there. */
interface Hearing {
  /** The form to send it in, when it is not the caller's. */
  readonly asking?: AskingStatement;
  /** It is sent as the caller gave it after all. */
  unask?(): void;
  succeeded(answer: unknown): void;
  failed(error?: unknown): void;
}

/** Reads that a load runs; those of nobody are not heard. */
function hearRead(call: Call, plan: TextPlan, connection: ConnectionState, load: LoadCapture | undefined): Hearing {
  connection.saved.hearRead(plan.obstacle);
  hearNames(connection, plan);
  if (load === undefined) return NOTHING_TO_DO;
  if (isRenamed(connection)) load.block('names changed on the connection');
  const obstacle = plan.obstacle ?? obstacleIn(call.parameters, call.source.dialect);
  if (obstacle !== undefined) load.block(obstacle);
  if (asksReplica(call) || call.source.mayLagBehind) load.block('replica');
  if (call.source.showsUncommitted) load.block('uncommitted rows');
  if (connection.mayBeInTransaction) load.block('transaction');
  if (plan.needsCatalogue && !call.source.isCatalogueRead) load.block('catalogue unknown');
  if (load.blockedBy !== undefined) {
    plan.addTo(load, call.parameters);
    return NOTHING_TO_DO;
  }
  // Where connections are shared, a transaction may start before the statement is executed.
  const { turn } = connection;
  const { fine } = plan;
  if (fine === undefined) plan.addTo(load, call.parameters);
  return {
    succeeded(answer) {
      if (connection.turn !== turn) load.block('transaction');
      try {
        fine?.addTo(load, call.parameters, rowsIn(answer, call.isStructured));
        for (const { database, name } of fine?.showsIgnoredOf ?? []) tellShown(database, name);
      } catch (error) {
        load.block('not understood');
        throw error;
      }
    },
    // Who catches the error answers something else, though it had to do with a lock, or with the connection, and not with the rows.
    failed: () => load.block('statement failed'),
  };
}

/** Whether what answers may be older than the position a load started from, and than the DDL that was sent to the primary. */
function asksReplica({ runner, source }: Call): boolean {
  return source.driver.isReplicated && runner.getReplicationMode() === 'slave';
}

const NOTHING_TO_DO: Hearing = { succeeded() {}, failed() {} };

function hearWrite(
  call: Call,
  plan: TextPlan,
  connection: ConnectionState,
  handle: TransactionHandle | undefined,
): Hearing {
  hearNames(connection, plan);
  const hearing =
    plan.only === undefined
      ? hearSeveral(call, plan, connection, handle)
      : hearOne(call, plan.only, connection, handle);
  if (plan.defines) redefining.set(connection, forgetCatalogues);
  else if (plan.mayDefine && !redefining.has(connection)) redefining.set(connection, doubtCatalogues);
  const unlearn = redefining.get(connection);
  if (unlearn === undefined) return hearing;
  const conclude = (): void => {
    const { databases } = call.source;
    if (plan.attaches) call.source.forgetAttached();
    for (const database of databases) unlearn(database);
    if (connection.mayBeInTransaction) return;
    redefining.delete(connection);
    for (const database of databases) processWritePath.define(database);
  };
  return {
    asking: hearing.asking,
    unask: () => hearing.unask?.(),
    succeeded(answer) {
      hearing.succeeded(answer);
      conclude();
    },
    failed(error) {
      hearing.failed(error);
      conclude();
    },
  };
}

function hearSeveral(
  call: Call,
  plan: TextPlan,
  connection: ConnectionState,
  handle: TransactionHandle | undefined,
): Hearing {
  const steps = plan.statements.map((statement) => statement.step(call.parameters));
  return connection.startSteps(steps, call.source.knowledge, handle);
}

function hearOne(
  call: Call,
  plan: StatementPlan,
  connection: ConnectionState,
  handle: TransactionHandle | undefined,
): Hearing {
  if (plan.commits && connection.mayBeInTransaction) {
    const before = invalidationOf(call, plan, connection);
    return connection.startImplicitCommit(before, call.source.schema.definitionsCommit);
  }
  if (plan.mayEndAnything && connection.mayBeInTransaction) {
    return connection.startAnything(invalidationOf(call, plan, connection));
  }
  const writing =
    plan.isWrite && !mayGoUnheard(call, plan, connection) ? hearWriting(call, plan, connection) : undefined;
  const control = plan.controlFor(call.parameters);
  const way = control === undefined ? undefined : startControl(call, control, connection, handle);
  if (writing === undefined || way === undefined) return writing ?? way ?? NOTHING_TO_DO;
  return {
    succeeded(answer) {
      writing.succeeded(answer);
      way.succeeded();
    },
    failed(error) {
      writing.failed();
      way.failed(error);
    },
  };
}

function startControl(
  { runner }: Call,
  control: Control,
  connection: ConnectionState,
  handle: TransactionHandle | undefined,
): OnItsWay {
  const isAwaited = control.kind === 'commit' && !connection.saved.isEmpty;
  return connection.startControl(control, handle, isAwaited ? listenToCommit(runner.databaseConnection) : undefined);
}

/**
 * Whether the write need not even be announced: a counter of every request would move the log, and with it have every
 * entry judged anew. Where the catalogue may yet tell of triggers it is collected like others, which doubts it.
 */
function mayGoUnheard({ source, parameters }: Call, plan: StatementPlan, connection: ConnectionState): boolean {
  if (!plan.isUnheard || spellsSql(parameters, source.dialect)) return false;
  return source.knowledge.doubt === undefined && !isRenamed(connection);
}

function hearWriting(call: Call, plan: StatementPlan, connection: ConnectionState): Hearing {
  let known: Invalidation | undefined;
  const before = (): Invalidation => (known ??= invalidationOf(call, plan, connection));
  if (plan.callsUnknown) connection.saved.forget();
  const write = connection.startWrite(before, call.source.knowledge, plan.isDurable);
  // Columns of which DDL is not over yet may be gone.
  const mayAsk = processWritePath.hasFollowers && call.source.isCatalogueRead && !isRenamed(connection);
  let asking = mayAsk ? askingForRows(plan, call) : undefined;
  let whole = mayAsk ? WholeRows.of(plan, call.text, asking, call.source, connection) : undefined;
  return {
    asking: whole ?? asking,
    unask: () => (asking = whole = undefined),
    succeeded(answer) {
      let told: Told | undefined;
      try {
        told = toldBy(call, plan, answer, asking, write.isAlone);
      } finally {
        connection.endWrite(write, told === undefined ? before() : invalidationOf(call, plan, connection, told));
      }
      // What overlaps another may have been executed before it.
      if (whole !== undefined && write.isAlone) connection.saved.add(whole.savedIn(answer, call.isStructured));
    },
    // What was attempted may have happened.
    failed: () => connection.endWrite(write, before()),
  };
}

/** What a statement invalidates: before its answer is known, or with what the answer tells. */
function invalidationOf(call: Call, plan: StatementPlan, connection: ConnectionState, told?: Told): Invalidation {
  // After MySQL's USE a name without a database means a table of another one.
  if (call.source.dialect === 'mysql' && isRenamed(connection)) return call.source.sweep;
  return told === undefined ? plan.before(call.parameters) : plan.writes[0].invalidationOf(call.parameters, told);
}

const ANSWERING_VERBS = new Set(['insert', 'update', 'delete']);

/** What only the answer tells; undefined when the statement told it itself, or nobody does. */
function toldBy(
  call: Call,
  plan: StatementPlan,
  answer: unknown,
  asking: AskingStatement | undefined,
  isAlone: boolean,
): Told | undefined {
  // In a statement with several writes the rows of the answer are those of one of them.
  if (plan.writes.length !== 1 || plan.writesAnything || !ANSWERING_VERBS.has(plan.statement.verb)) return undefined;
  const [write] = plan.writes;
  if (asking !== undefined) return asking.toldBy(answer, call.isStructured);
  const { lesson } = write;
  if (lesson === undefined) return undefined;
  if (lesson === 'returned rows')
    return { rows: returnedRows(rowsIn(answer, call.isStructured), write.write.returning) };
  if (write.namesRows(call.parameters)) return undefined;
  const generatedKey = generatedKeyOf(answer, call.isStructured) ?? (isAlone ? lastRowOfSqljs(call) : undefined);
  return { generatedKey };
}

interface SqljsDatabase {
  exec(text: string): readonly { readonly values: readonly (readonly unknown[])[] }[];
}

/** sql.js answers nothing to an INSERT, but can be asked at once; right only if no other insert can have come between. */
function lastRowOfSqljs({ runner, source }: Call): unknown {
  if (source.dataSource.options.type !== 'sqljs') return undefined;
  const database = runner.driver?.databaseConnection as SqljsDatabase;
  return database.exec('SELECT last_insert_rowid()')[0]?.values[0]?.[0];
}

/** The same for a statement that plainly writes, while nobody follows: which tables does not matter. */
export async function hearCoarsely(call: Call): Promise<unknown> {
  const connection =
    connectionOf(call.runner, call.source.dataSource) ?? (await connect(call.runner, call.source.dataSource));
  const write = connection?.startWrite(() => call.source.sweep, undefined, false);
  try {
    return await call.send(call.text);
  } catch (error) {
    connection?.hearFailure();
    throw error;
  } finally {
    if (write !== undefined) conclude(() => connection!.endWrite(write, call.source.sweep));
  }
}

/** The handle of the call that starts the transaction, if a method of the runner sent the statement, or one of its own. */
function handleFor({ runner, source, text }: Call): TransactionHandle | undefined {
  const started = takeStart(runner);
  if (started !== undefined) return started;
  const begins = source.planOf(text).begins || source.dialect === 'sqlite';
  return begins ? newHandle(runner) : undefined;
}

async function rowsOf(call: Call, text: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const rows = await call.run(text);
  return Array.isArray(rows) ? rows : [];
}

function conclude(step: () => void): void {
  try {
    step();
  } catch (error) {
    reportHookFailure('hearing the answer to a statement', error);
  }
}
