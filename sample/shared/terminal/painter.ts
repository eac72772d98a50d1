import { styleText } from 'node:util';

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** Whether the stream is a terminal that shows colours, and `NO_COLOR` is not set. */
export const hasColours = (stream: NodeJS.WriteStream): boolean => (stream.isTTY ? stream.hasColors() : false);

/** Colours where the stream shows them; plain text elsewhere. */
export function painter(stream: NodeJS.WriteStream): Paint {
  return hasColours(stream) ? styleText : (_style, text) => text;
}
