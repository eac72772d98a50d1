/** Carries out actions under one name one after the other, in the order in which they were asked for. */
export class OneAtATime {
  private readonly latest = new Map<string, Promise<unknown>>();

  run<T>(name: string, action: () => Promise<T>): Promise<T> {
    const former = this.latest.get(name);
    const mine = former === undefined ? action() : former.then(action, action);
    this.latest.set(name, mine);
    const leave = (): void => {
      if (this.latest.get(name) === mine) this.latest.delete(name);
    };
    mine.then(leave, leave);
    return mine;
  }
}
