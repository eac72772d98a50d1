type Task = () => unknown;

/** What is to be undone at the end, newest first, so that nothing goes before what uses it. */
export class CleanUp {
  private readonly tasks: Task[] = [];

  add(task: Task): void {
    this.tasks.push(task);
  }

  /** Undoes everything once, however often it is called. @throws the first failure, when all else is undone */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let task = this.tasks.pop(); task; task = this.tasks.pop()) {
      try {
        await task();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) {
      throw failures[0] as Error;
    }
  }
}
