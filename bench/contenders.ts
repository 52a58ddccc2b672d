import path from 'node:path';
import { pathToFileURL } from 'node:url';

export const ROOT = path.join(__dirname, '..');
export const WORKLOADS = path.join(__dirname, 'workloads');

/** What is measured beside one another. */
export interface Contender {
  id: string;
  label: string;
  /** Flags of Node. */
  flags: readonly string[];
  /** The application calls `initLogger` itself: what Braintrust's own hook needs to record anything. */
  logger: boolean;
  /** Each call has to arrive as a span, or the row is void. */
  records: boolean;
  /** On top of the environment of all. */
  settings?: Record<string, string>;
  /** The contender without tracing whose cost is taken off. */
  base: string;
}

const url = (...parts: string[]) => pathToFileURL(path.join(...parts)).href;
const OUR_HOOK = url(ROOT, 'hook.mjs');
/** The other entry, for NODE_OPTIONS of a whole container. */
export const REQUIRED = ['--require', path.join(ROOT, 'hook.cjs')];
const THEIR_HOOK = url(ROOT, 'node_modules', 'braintrust', 'dist', 'auto-instrumentations', 'hook.mjs');
const FLOOR = url(WORKLOADS, 'floor.mjs');

const NONE = { flags: [], records: false };
const OURS = { flags: ['--import', OUR_HOOK], records: true };
const THEIRS = { flags: ['--import', THEIR_HOOK], records: true };

export const CONTENDERS: readonly Contender[] = [
  { id: 'none', label: 'no tracing', logger: true, base: 'none', ...NONE },
  { id: 'again', label: 'no tracing, again', logger: true, base: 'none', ...NONE },
  { id: 'floor', label: 'a `send` that does nothing', logger: true, base: 'none', ...NONE, flags: ['--import', FLOOR] },
  { id: 'ours', label: 'braintrust-bedrock', logger: true, base: 'none', ...OURS },
  { id: 'theirs', label: 'braintrust/hook.mjs', logger: true, base: 'none', ...THEIRS },
  { id: 'bare', label: 'without initLogger: no tracing', logger: false, base: 'bare', ...NONE },
  { id: 'bare-ours', label: 'without initLogger: braintrust-bedrock', logger: false, base: 'bare', ...OURS },
  { id: 'bare-theirs', label: 'without initLogger: braintrust/hook.mjs', logger: false, base: 'bare', ...THEIRS },
];

export const contenders = (...ids: string[]): Contender[] => CONTENDERS.filter(({ id }) => ids.includes(id));
