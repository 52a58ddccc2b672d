import { createHash } from 'node:crypto';

/** The ids of a row that several processes write. */
export interface RowIds {
  id: string;
  spanId: string;
}

/**
 * The ids of a job's row, from what every process knows of it: an ARN, or a batch's id and a record's. The row id is the first 16 bytes of
 * the SHA-256 in the shape of a UUID, the span id the next 8, in hex.
 */
export function rowIds(...key: string[]): RowIds {
  const hash = hashOf(key);
  const [a, b, c, d, e] = [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)];
  return { id: `${a}-${b}-${c}-${d}-${e}`, spanId: hash.slice(32, 48) };
}

/** The id of the trace that a job is in when no other has it: 16 bytes, in hex. */
export const traceIdOf = (...key: string[]): string => hashOf(['trace', ...key]).slice(0, 32);

/** No key has a zero byte in it, so no two keys give the same text. */
const hashOf = (key: string[]) => createHash('sha256').update(key.join('\0')).digest('hex');
