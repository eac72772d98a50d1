import type { LogRecord, NewRecord, RecordKind } from '../invalidation-bus.js';

type Fields = [
  kind: RecordKind,
  transactionId: string,
  touches: readonly string[],
  sweeps: readonly string[],
  witness: string | null,
  schemas: Readonly<Record<string, string>> | null,
];

/** A record as it rests in the log; its position is not in it. */
export function recordBytes(record: NewRecord): Buffer {
  const { kind, transactionId, invalidation, witness, schemas } = record;
  const fields: Fields = [
    kind,
    transactionId,
    invalidation.touches,
    invalidation.sweeps,
    witness ?? null,
    schemas ?? null,
  ];
  return Buffer.from(JSON.stringify(fields));
}

/** The record that {@link recordBytes} wrote. */
export function recordOf(bytes: Buffer, position: number): LogRecord {
  const [kind, transactionId, touches, sweeps, witness, schemas] = JSON.parse(bytes.toString()) as Fields;
  return {
    position,
    kind,
    transactionId,
    invalidation: { touches, sweeps },
    ...(witness !== null && { witness }),
    ...(schemas !== null && { schemas }),
  };
}
