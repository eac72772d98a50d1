import { errorMonitor } from 'node:events';
import type { LoadCapture } from '../../engine/load-capture.js';
import { processWritePath } from '../../engine/write-path.js';
import { connect, connectionOf, driverConnectionOf } from '../connections/connections.js';
import type { ConnectionState } from '../connections/connection-state.js';
import type { OnItsWay } from '../connections/transaction-control.js';
import type { HeardDataSource } from '../statements/heard-data-source.js';
import { reportHookFailure } from '../library/hook-failures.js';
import type { HookedRunner } from '../library/hooked-runner.js';
import type { Parameters } from '../statements/key-values.js';
import { whenOver } from './unanswered.js';

interface Emitter {
  once(event: string | symbol, listener: (error: unknown) => void): unknown;
}

/** Of a statement that is streamed and may write, the end is the stream's. */
export async function hearStream(
  runner: HookedRunner,
  source: HeardDataSource,
  text: string,
  parameters: Parameters,
  load: LoadCapture | undefined,
  send: () => unknown,
): Promise<unknown> {
  let connection: ConnectionState | undefined;
  let way: OnItsWay | undefined;
  try {
    const plan = source.planOf(text);
    connection = connectionOf(runner, source.dataSource);
    if (!plan.isRead) {
      load?.block('wrote');
      connection ??= await connect(runner, source.dataSource);
      const steps = plan.statements.map((statement) => statement.step(parameters));
      way = connection?.startSteps(steps, source.knowledge);
    }
  } catch (error) {
    reportHookFailure('hearing a stream', error);
  }
  const writesOn = way && driverConnectionOf(runner);
  const failed = (error: unknown): void =>
    whenOver(source.dataSource, writesOn, error, () => {
      way?.failed();
      connection?.hearFailure();
    });
  try {
    await processWritePath.announced();
    return hearEnd(await send(), () => way?.succeeded(), failed);
  } catch (error) {
    failed(error);
    throw error;
  }
}

/** Of a read that is streamed in a transaction only that it fails matters, which may end the transaction. */
export async function hearStreamedRead(connection: ConnectionState, sent: unknown): Promise<unknown> {
  const failed = (): void => connection.hearFailure();
  try {
    return hearEnd(await sent, () => undefined, failed);
  } catch (error) {
    failed();
    throw error;
  }
}

function hearEnd(stream: unknown, succeeded: () => void, failed: (error: unknown) => void): unknown {
  let isOver = false;
  const succeed = (): void => {
    if (!isOver) succeeded();
    isOver = true;
  };
  if (!isEmitter(stream)) {
    succeed();
    return stream;
  }
  stream.once('end', succeed);
  stream.once('close', succeed);
  // Not 'error' itself: an error that nobody else listens to must stay one.
  stream.once(errorMonitor, (error) => {
    if (!isOver) failed(error);
    isOver = true;
  });
  return stream;
}

function isEmitter(value: unknown): value is Emitter {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Emitter>).once === 'function';
}
