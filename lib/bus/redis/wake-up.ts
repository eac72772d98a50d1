import { isOfWrongServer, type LinkConnection } from './redis-link.js';

/**
 * Hears when others append, on a connection of its own: one that subscribes can do nothing else.
 *
 * What is published while it is not connected is lost, so everybody is woken once when it is again.
 */
export class WakeUp {
  constructor(
    private readonly connection: LinkConnection,
    private readonly channel: string,
    private readonly sender: string,
    private readonly wake: () => void,
  ) {
    const { client } = connection;
    client.on('message', (_channel, sender) => {
      if (sender !== this.sender) this.wake();
    });
    client.on('ready', () => void this.subscribe());
    if (client.status === 'ready') void this.subscribe();
  }

  async close(): Promise<void> {
    this.connection.client.disconnect();
    await this.connection.close();
  }

  /** A user who may not subscribe is never woken, which is allowed. */
  private async subscribe(): Promise<void> {
    const { client } = this.connection;
    try {
      await client.subscribe(this.channel);
      this.wake();
    } catch (error) {
      if (isOfWrongServer(error)) client.disconnect(true);
    }
  }
}
