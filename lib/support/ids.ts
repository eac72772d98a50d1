import { randomUUID } from 'node:crypto';

/** Makes ids that no other process makes: short, and in the order they were made. */
export class Ids {
  private readonly process = randomUUID().slice(0, 13);
  private serial = 0;

  /** Whether it was made here. */
  made(id: string): boolean {
    return id.startsWith(`${this.process}.`);
  }

  next(): string {
    return `${this.process}.${(++this.serial).toString(36)}`;
  }
}
