const BACKSLASH = 92;

/** Whether a character of JSON is escaped: it stands behind an odd number of backslashes. */
export function isEscaped(json: string | Uint8Array, at: number): boolean {
  let start = at;
  while ((typeof json === 'string' ? json.charCodeAt(start - 1) : json[start - 1]) === BACKSLASH) start--;
  return (at - start) % 2 === 1;
}

/** The quote that ends a text; -1 without one. @param start behind the quote that begins it */
export function endOfText(json: string, start: number): number {
  let end = json.indexOf('"', start);
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end;
}
