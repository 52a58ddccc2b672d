/** Colours by meaning. Without colour each gives its text back. */
export interface Paint {
  strong(text: string): string;
  dim(text: string): string;
  llm(text: string): string;
  task(text: string): string;
  tool(text: string): string;
  good(text: string): string;
  note(text: string): string;
  bad(text: string): string;
}

export function paint(colour: boolean): Paint {
  const with_ = (open: number, close: number) => (text: string) => (colour && text !== '' ? `\x1b[${open}m${text}\x1b[${close}m` : text);
  return {
    strong: with_(1, 22),
    dim: with_(2, 22),
    llm: with_(35, 39),
    task: with_(34, 39),
    tool: with_(36, 39),
    good: with_(32, 39),
    note: with_(33, 39),
    bad: with_(31, 39),
  };
}

type Environment = Record<string, string | undefined>;

/** Whether to colour: https://no-color.org and https://force-color.org, else only on a terminal. */
export function wantsColour(env: Environment, isTerminal: boolean): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0';
  return isTerminal;
}

/** The width to draw in: COLUMNS, else the terminal's, else 100. */
export function widthOf(env: Environment, terminalColumns: number | undefined): number {
  const asked = Number(env.COLUMNS);
  return asked > 0 ? asked : (terminalColumns ?? 100);
}

/** The text in at most `width` characters, with an ellipsis where it was cut. */
export function fit(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  return width <= 1
    ? '…'.slice(0, Math.max(0, width))
    : `${characters
        .slice(0, width - 1)
        .join('')
        .trimEnd()}…`;
}

/** Plain text that is `width` wide, filled up on the right. */
export const left = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - [...text].length));

/** Plain text that is `width` wide, filled up on the left. */
export const right = (text: string, width: number) => ' '.repeat(Math.max(0, width - [...text].length)) + text;

/** The text in lines of at most `width` characters, broken between words; every line after the first begins with `indent` spaces. */
export function wrap(text: string, width: number, indent: number): string[] {
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? '';
  for (const word of text.trimStart().split(' ')) {
    const gap = line.trim() === '' ? '' : ' ';
    if (gap !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    } else line += gap + word;
  }
  return [...lines, line];
}
