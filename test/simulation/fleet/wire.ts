import type { InvalidationBus, NewRecord } from '../../../lib/bus/invalidation-bus.js';
import { ReferenceBus, type ReferenceLog } from '../../../lib/testing/index.js';

/** A command or an answer on its way. */
export interface Message {
  readonly from: object;
  /** Lets it arrive. */
  deliver(): void;
  /** The connection breaks: who waits for the answer learns nothing. */
  lose(): void;
}

/** A bus whose commands and answers arrive when the schedule says so, in their order, or get lost. */
export class Wire implements InvalidationBus {
  readonly reach = 'network';
  private readonly bus: ReferenceBus;

  constructor(
    log: ReferenceLog,
    private readonly owner: object,
    private readonly messages: Message[],
  ) {
    this.bus = new ReferenceBus(log);
  }

  hello(): ReturnType<ReferenceBus['hello']> {
    return this.send(() => this.bus.hello());
  }

  append(incarnation: string, records: readonly NewRecord[]): ReturnType<ReferenceBus['append']> {
    return this.send(() => this.bus.append(incarnation, records));
  }

  since(incarnation: string, position: number): ReturnType<ReferenceBus['since']> {
    return this.send(() => this.bus.since(incarnation, position));
  }

  async close(): Promise<void> {}

  /** The answer leaves when the command has arrived, and is another message. */
  protected send<T>(command: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const lose = (): void => reject(new Error('the connection broke'));
      const request: Message = {
        from: this.owner,
        deliver: () => {
          this.remove(request);
          void command().then((answer) => {
            const reply: Message = {
              from: this.owner,
              deliver: () => {
                this.remove(reply);
                resolve(answer);
              },
              lose: () => {
                this.remove(reply);
                lose();
              },
            };
            this.messages.push(reply);
          }, reject);
        },
        lose: () => {
          this.remove(request);
          lose();
        },
      };
      this.messages.push(request);
    });
  }

  private remove(message: Message): void {
    this.messages.splice(this.messages.indexOf(message), 1);
  }
}

/** A bus that breaks its contract: now and then the first of several records is missing. */
export class LossyWire extends Wire {
  private answers = 0;

  override async since(incarnation: string, position: number): ReturnType<ReferenceBus['since']> {
    const answer = await super.since(incarnation, position);
    if (typeof answer === 'string' || answer.length < 2 || this.answers++ % 2 === 1) return answer;
    return answer.slice(1);
  }
}
