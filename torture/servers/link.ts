import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

type Direction = 'there' | 'back';

/** A TCP proxy between one process and one server: a network that can be cut, slowed down, and put together again. */
export class Link {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly held = new Map<Direction, Promise<void>>();
  private release: (() => void) | undefined;
  private delayMs = 0;
  private refuses = false;

  private constructor(private readonly target: number) {
    this.server = createServer((socket) => this.accept(socket));
  }

  static async open(target: number): Promise<Link> {
    const link = new Link(target);
    link.server.listen(0, '127.0.0.1');
    await once(link.server, 'listening');
    return link;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * Nothing passes in these directions, and no connection breaks: what was sent waits, and arrives when the link is
   * healed, as from a network that sends again what was not confirmed.
   */
  cut(directions: readonly Direction[]): void {
    const healed = new Promise<void>((resolve) => (this.release = resolve));
    for (const direction of directions) this.held.set(direction, healed);
  }

  /** Breaks all connections, and those to come as long as the link is not healed. */
  refuse(): void {
    this.refuses = true;
    this.reset();
  }

  /** Breaks all connections; others may be made at once. */
  reset(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  slowDown(delayMs: number): void {
    this.delayMs = delayMs;
  }

  heal(): void {
    this.delayMs = 0;
    this.refuses = false;
    this.held.clear();
    this.release?.();
    this.release = undefined;
  }

  close(): void {
    this.heal();
    this.reset();
    this.server.close();
  }

  private accept(socket: Socket): void {
    if (this.refuses) {
      socket.destroy();
      return;
    }
    const upstream = connect(this.target, '127.0.0.1');
    this.tie(socket, upstream, 'there');
    this.tie(upstream, socket, 'back');
  }

  private tie(from: Socket, to: Socket, direction: Direction): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    let sending = Promise.resolve();
    from.on('data', (chunk) => {
      sending = sending.then(async () => {
        await this.held.get(direction);
        if (this.delayMs > 0) await pause(this.delayMs);
        if (!to.destroyed) to.write(chunk);
      });
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
  }
}
