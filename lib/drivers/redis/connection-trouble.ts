import type { RedisClient } from './redis-client.js';

/** What ioredis says of commands, and of its own check, when there is no connection. It is no reason. */
const FOR_LACK_OF_A_CONNECTION = /enableOfflineQueue options is false/;

/** Why a client is not connected: it tells its listeners, and not the commands that fail for it. */
export class ConnectionTrouble {
  private last: Error | undefined;

  constructor(client: RedisClient) {
    client.on('error', (error) => {
      const reason = reasonOf(error as Error);
      if (!FOR_LACK_OF_A_CONNECTION.test(reason.message)) this.last = reason;
    });
    client.on('ready', () => (this.last = undefined));
  }

  /** Undefined while it is connected, and when nobody knows. */
  get reason(): Error | undefined {
    return this.last;
  }
}

/** A cluster says that it asked all nodes in vain, and beside that what the last of them said. */
function reasonOf(error: Error & { readonly lastNodeError?: Error }): Error {
  return withoutCommand(error.lastNodeError ?? error);
}

/** An error of ioredis carries the command that failed: records, or a password. Causes end up in logs. */
export function withoutCommand<T>(error: T): T {
  delete (error as { command?: unknown }).command;
  return error;
}
