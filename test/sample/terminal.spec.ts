import { describe, expect, it } from '@jest/globals';
import { milliseconds, timesFaster } from '../../sample/shared/terminal/format.js';
import { painter } from '../../sample/shared/terminal/painter.js';
import { ProgressBar } from '../../sample/shared/terminal/progress-bar.js';
import { table } from '../../sample/shared/terminal/table.js';

/** A stream that keeps what is written to it. */
const streamOf = (isTTY: boolean) => {
  const written: string[] = [];
  const stream = { isTTY, hasColors: () => isTTY, write: (text: string) => written.push(text) };
  return { stream: stream as unknown as NodeJS.WriteStream, written };
};

const load = (isTTY: boolean): string[] => {
  const { stream, written } = streamOf(isTTY);
  const bar = new ProgressBar(stream, painter(stream));
  for (let done = 1; done <= 1_000; done++) {
    bar.update(done, 1_000, 'cities');
  }
  bar.end();
  return written;
};

describe('the progress bar', () => {
  it('writes four plain lines to a file or a pipe, where a moving line would be noise', () => {
    expect(load(false)).toEqual([
      '  25 %  250 of 1,000  cities\n',
      '  50 %  500 of 1,000  cities\n',
      '  75 %  750 of 1,000  cities\n',
      '  100 %  1,000 of 1,000  cities\n',
    ]);
  });

  it('stays on one line of a terminal and clears it at the end', () => {
    const written = load(true);
    expect(written.join('')).not.toContain('\n');
    expect(written.at(-1)).toBe('\r\u001b[2K');
  });
});

describe('a table', () => {
  it('lines up cells by what is seen, not by the codes of their colours', () => {
    expect(
      table(
        [
          ['who', 'took'],
          ['\u001b[32mme\u001b[39m', '5 ms'],
          ['someone', '12 ms'],
        ],
        [1],
      ),
    ).toEqual(['who        took', '\u001b[32mme\u001b[39m         5 ms', 'someone   12 ms']);
  });
});

describe('a duration', () => {
  it.each([
    [0.0342, '0.034 ms'],
    [3.456, '3.46 ms'],
    [42, '42.0 ms'],
    [1234.5, '1,235 ms'],
  ])('of %d keeps the digits that matter', (ms, text) => {
    expect(milliseconds(ms)).toBe(text);
  });

  it('is compared as a ratio', () => {
    expect(timesFaster(100, 0.1)).toBe('×1,000');
    expect(timesFaster(3, 2)).toBe('×1.5');
  });
});
