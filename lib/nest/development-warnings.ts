import { Logger } from '@nestjs/common';

/** The context of everything this package logs. */
export const LOG_CONTEXT = 'ZooCache';

/** Warns whoever develops, once for each text; silent where `NODE_ENV` is `production`. */
export class DevelopmentWarnings {
  private readonly given = new Set<string>();
  private readonly logger = new Logger(LOG_CONTEXT);

  warn(text: string): void {
    if (this.given.has(text) || process.env.NODE_ENV === 'production') return;
    this.given.add(text);
    this.logger.warn(text);
  }
}
