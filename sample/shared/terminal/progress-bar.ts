import { thousands } from './format.js';
import type { Paint } from './painter.js';

const CELLS = 30;
const CLEAR_LINE = '\r\u001b[2K';

/** One line that fills up on a terminal; elsewhere a line of text for every quarter. */
export class ProgressBar {
  private quarters = 0;
  private shown = '';

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly paint: Paint,
  ) {}

  update(done: number, total: number, label: string): void {
    const share = total === 0 ? 1 : done / total;
    if (this.stream.isTTY) {
      this.draw(share, `${thousands(done)} of ${thousands(total)}  ${label}`);
    } else if (Math.floor(share * 4) > this.quarters) {
      this.quarters = Math.floor(share * 4);
      this.stream.write(`  ${this.quarters * 25} %  ${thousands(done)} of ${thousands(total)}  ${label}\n`);
    }
  }

  /** Takes the line away, so that the next one begins in its place. */
  end(): void {
    if (this.stream.isTTY) {
      this.stream.write(CLEAR_LINE);
    }
  }

  private draw(share: number, text: string): void {
    const full = Math.round(share * CELLS);
    const bar = this.paint('cyan', '█'.repeat(full)) + this.paint('dim', '░'.repeat(CELLS - full));
    const line = `  ${bar} ${String(Math.round(share * 100)).padStart(3)} %  ${this.paint('dim', text)}`;
    if (line !== this.shown) {
      this.shown = line;
      this.stream.write(CLEAR_LINE + line);
    }
  }
}
