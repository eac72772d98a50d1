import type { BusInvalidation, LogRecord, NewRecord, RecordKind } from '../invalidation-bus.js';

/** What a kind of record is called in the log. */
export const LETTERS: Readonly<Record<RecordKind, string>> = { mark: 'm', release: 'r', invalidate: 'i' };

const KINDS = new Map<unknown, RecordKind>(
  Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as RecordKind]),
);

/**
 * A record as a line of JSON: `["r","4f1-17",1,["postgres:db:5432:shop␟product",29,"␟:␟42"]]`, where 1 is the number of
 * touches before the sweeps, and a number before a tag is how many characters it shares with the one before it. Witness and
 * schemas follow where there are any.
 *
 * Tags of one write share their database and table, so this is about a third of the plain texts. JSON, because it takes any
 * text (lone surrogates too, which UTF-8 does not) and a person at `redis-cli` can read it; only the separator of segments,
 * which JSON spells with six bytes, stands for itself. JSON never holds it raw, so there is one way back.
 */
export function encodeRecord({ kind, transactionId, invalidation, witness, schemas }: NewRecord): string {
  const text = `["${LETTERS[kind]}",${JSON.stringify(transactionId)},${textOfTags(invalidation)}`;
  if (schemas !== undefined) return `${text},${JSON.stringify(witness ?? null)},${JSON.stringify(schemas)}]`;
  return witness === undefined ? `${text}]` : `${text},${JSON.stringify(witness)}]`;
}

/** The number of touches, and the tags. */
function textOfTags({ touches, sweeps }: BusInvalidation): string {
  let text = '';
  let before = '';
  for (const list of [touches, sweeps]) {
    for (const tag of list) {
      const shared = sharedLength(before, tag);
      text += `${text === '' ? '' : ','}${shared > 0 ? `${shared},` : ''}${jsonOf(tag.slice(shared))}`;
      before = tag;
    }
  }
  return `${touches.length},[${text}]`;
}

/** Most rests of tags are spelled as they are. */
function jsonOf(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replaceAll('\\u001f', '\u001f');
}

const PLAIN = /^[\x1f-\x21\x23-\x5b\x5d-\x7e]*$/;

/**
 * The record that a text of {@link encodeRecord} says.
 *
 * @throws Error for any other text
 */
export function decodeRecord(text: string, position: number): LogRecord {
  const fields: unknown = JSON.parse(text.replaceAll('\u001f', '\\u001f'));
  const [letter, transactionId, touchCount, coded, witness, schemas] = (Array.isArray(fields) ? fields : []) as [
    string,
    string,
    number,
    (string | number)[],
    (string | null)?,
    Record<string, string>?,
  ];
  const kind = KINDS.get(letter);
  if (kind === undefined || !Array.isArray(coded)) throw new Error(`This is no record of a log: ${text.slice(0, 200)}`);
  const tags: string[] = [];
  let shared = 0;
  for (const part of coded) {
    if (typeof part === 'number') {
      shared = part;
    } else {
      tags.push(shared === 0 ? part : tags[tags.length - 1].slice(0, shared) + part);
      shared = 0;
    }
  }
  return {
    position,
    kind,
    transactionId,
    invalidation: { touches: tags.slice(0, touchCount), sweeps: tags.slice(touchCount) },
    ...(witness != null && { witness }),
    ...(schemas !== undefined && { schemas }),
  };
}

function sharedLength(one: string, other: string): number {
  const end = Math.min(one.length, other.length);
  let length = 0;
  while (length < end && one.charCodeAt(length) === other.charCodeAt(length)) length++;
  return length;
}
