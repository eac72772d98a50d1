import { errorMonitor } from 'node:events';
import type { LoadCapture } from '../engine/load-capture.js';
import { processWritePath } from '../engine/write-path.js';
import { connect, connectionOf } from './connections.js';
import type { ConnectionState, OnItsWay } from './connection-state.js';
import type { HeardDataSource } from './heard-data-source.js';
import { reportHookFailure } from './hook-failures.js';
import type { HookedRunner } from './hooked-runner.js';
import type { Parameters } from './key-values.js';

interface Emitter {
  once(event: string | symbol, listener: () => void): unknown;
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
  try {
    await processWritePath.announced();
    return hearEnd(await send(), connection, way);
  } catch (error) {
    way?.failed();
    connection?.hearFailure();
    throw error;
  }
}

/** Of a read that is streamed in a transaction only that it fails matters, which may end the transaction. */
export async function hearStreamedRead(connection: ConnectionState, sent: unknown): Promise<unknown> {
  try {
    return hearEnd(await sent, connection);
  } catch (error) {
    connection.hearFailure();
    throw error;
  }
}

function hearEnd(stream: unknown, connection?: ConnectionState, way?: OnItsWay): unknown {
  let isOver = false;
  const once = (end: () => void) => (): void => {
    if (isOver) return;
    isOver = true;
    end();
  };
  const succeeded = once(() => way?.succeeded());
  if (!isEmitter(stream)) {
    succeeded();
    return stream;
  }
  stream.once('end', succeeded);
  stream.once('close', succeeded);
  // Not 'error' itself: an error that nobody else listens to must stay one.
  stream.once(
    errorMonitor,
    once(() => {
      way?.failed();
      connection?.hearFailure();
    }),
  );
  return stream;
}

function isEmitter(value: unknown): value is Emitter {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Emitter>).once === 'function';
}
