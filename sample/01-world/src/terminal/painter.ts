import { styleText } from 'node:util';

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** Colours where the stream is a terminal that shows them and `NO_COLOR` is not set; plain text elsewhere. */
export function painter(stream: NodeJS.WriteStream): Paint {
  return stream.isTTY && stream.hasColors() ? styleText : (_style, text) => text;
}
