import { slotOf } from '../../drivers/redis/key-slot.js';
import type { RedisClient, RedisPipeline } from '../../drivers/redis/redis-client.js';

/** A command that waits to be sent with others. */
export interface PendingCommand {
  readonly key: string;
  /** Sends it by a client, which returns the reply, or adds it to a pipeline. */
  readonly sendBy: (sender: RedisClient | RedisPipeline) => unknown;
  readonly resolve: (reply: never) => void;
  readonly reject: (error: unknown) => void;
}

/** What a node of a cluster answers when a slot is moving or has moved, and what ioredis says when it notices first. */
const REDIRECTION = /^(?:MOVED|ASK|TRYAGAIN)\b|slots allocation group/;

/**
 * Sends commands in one write to each server that is concerned, and settles each with its own reply.
 *
 * In a cluster a pipeline goes to one node, so there is one for each. When slots have moved since the client last looked,
 * ioredis gives up on the pipeline; a command alone is redirected, and makes the client look again.
 */
export function sendTogether(client: RedisClient, commands: readonly PendingCommand[]): void {
  for (const group of client.isCluster ? byNode(client, commands) : [commands]) {
    if (group.length === 1) void sendAlone(client, group[0]);
    else void sendPipeline(client, group);
  }
}

async function sendAlone(client: RedisClient, command: PendingCommand): Promise<void> {
  try {
    command.resolve((await command.sendBy(client)) as never);
  } catch (error) {
    command.reject(error);
  }
}

async function sendPipeline(client: RedisClient, commands: readonly PendingCommand[]): Promise<void> {
  const pipeline = client.pipeline();
  for (const command of commands) command.sendBy(pipeline);
  let replies: readonly (readonly [error: unknown, reply: unknown])[];
  try {
    replies = (await pipeline.exec()) ?? [];
  } catch (error) {
    replies = commands.map(() => [error, undefined]);
  }
  for (const [at, command] of commands.entries()) {
    const [error, reply] = replies[at];
    if (error == null) command.resolve(reply as never);
    else if (client.isCluster && REDIRECTION.test((error as Error).message)) void sendAlone(client, command);
    else command.reject(error);
  }
}

/** Those of one node each; every command for itself while the client does not know the nodes, because it fails at once then. */
function byNode(client: RedisClient, commands: readonly PendingCommand[]): Iterable<PendingCommand[]> {
  const groups = new Map<string | number, PendingCommand[]>();
  for (const [at, command] of commands.entries()) {
    const node = client.slots?.[slotOf(command.key)]?.join() ?? at;
    const group = groups.get(node);
    if (group === undefined) groups.set(node, [command]);
    else group.push(command);
  }
  return groups.values();
}
