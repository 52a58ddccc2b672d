/** The most that one delivery has. */
const BATCH_ROWS = 1000;
const BATCH_BYTES = 2 * 1024 * 1024;
/** So many rows that are refused by themselves, and none taken in between, say that it is not the rows. */
export const MOST_SINGLES = 20;

/** How many of the first rows go in one delivery. Two parts of one row go one after the other. */
export function batchOf(rows: readonly { id: string; json: { length: number } }[], most = BATCH_ROWS): number {
  const ids = new Set<string>();
  let bytes = 0;
  let count = 0;
  for (const { id, json } of rows) {
    if (count === most || (count > 0 && bytes + json.length > BATCH_BYTES) || ids.has(id)) break;
    ids.add(id);
    bytes += json.length;
    count++;
  }
  return count;
}

/** Whether it is more than goes in one delivery. */
export const isWholeBatch = (rows: number, bytes: number): boolean => rows >= BATCH_ROWS || bytes >= BATCH_BYTES;
