import type { LoadCapture } from '../engine/load-capture.js';
import { processWritePath } from '../engine/write-path.js';
import { connect, connectionOf } from './connections.js';
import type { HeardDataSource } from './heard-data-source.js';
import { reportHookFailure } from './hook-failures.js';
import type { HookedRunner } from './hooked-runner.js';
import type { Parameters } from './key-values.js';

interface Emitter {
  once(event: string, listener: () => void): unknown;
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
  let end: (() => void) | undefined;
  try {
    const plan = source.planOf(text);
    if (!plan.isRead) {
      load?.block('wrote');
      const connection = connectionOf(runner, source.dataSource) ?? (await connect(runner, source.dataSource));
      const steps = plan.statements.map((statement) => statement.step(parameters));
      const way = connection?.startSteps(steps, source.knowledge);
      let isOver = false;
      end = () => {
        if (isOver) return;
        isOver = true;
        way?.succeeded();
      };
    }
  } catch (error) {
    reportHookFailure('hearing a stream', error);
  }
  try {
    await processWritePath.announced();
    const stream = await send();
    if (end !== undefined && isEmitter(stream)) for (const event of ['end', 'error', 'close']) stream.once(event, end);
    else end?.();
    return stream;
  } catch (error) {
    end?.();
    throw error;
  }
}

function isEmitter(value: unknown): value is Emitter {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Emitter>).once === 'function';
}
