import { ConsoleLogger } from '@nestjs/common';

/** Nest's log without its lines about modules and routes: warnings, errors, and what ZooCache says. */
export class ZooCacheLog extends ConsoleLogger {
  constructor(
    private readonly say: (line: string) => void,
    colors: boolean,
  ) {
    super({ colors });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) === 'ZooCache') {
      this.say(`   ZooCache: ${String(message)}`);
    }
  }

  override error(message: unknown, ...rest: unknown[]): void {
    // What stops the start is thrown as well, and printed by whoever started it.
    if (rest.at(-1) !== 'ExceptionHandler') {
      super.error(message, ...(rest as string[]));
    }
  }
}
