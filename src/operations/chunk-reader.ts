import { isObject, parseJson } from '../read';
import type { Accumulator } from '../types';
import { type Form, filled, formOf, valueWith } from './chunk-form';
import type { Chunks } from './lot';
import { runOf } from './run';

/** Longer chunks are few. A text that is cut out of one keeps all of it in memory, and the lot that it came with (8 KB). */
const LONGEST = 512;
/** Forms that are known at a time, and chunks that a new one may be like. */
const MOST_FORMS = 3;
const MOST_CHUNKS = 2;
/** So many chunks of a stream are compared with the ones before. One that has not been understood by then will not be. */
const MOST_TRIES = 100;
/** So many chunks of a stream may be of no form that its model is known to have, where it begins or ends: nothing is learned from them. */
const ODD = 8;

/**
 * Reads the chunks of a stream, each of them JSON. Most are like one before but for a text or a number, and those need no parser: what
 * stands around the differences is compared, and the differences are read, for a third of the work.
 *
 * What it gives is what `JSON.parse` gives of it: between the same pieces, a text that ends at the first quote and a number of nothing but
 * digits can be nothing else. The objects are new ones.
 */
export class ChunkReader {
  readonly #forms: Form[];
  readonly #chunks: string[] = [];
  #tries = 0;
  readonly #isKnown: boolean;
  #odd = 0;

  /** @param modelId a model's streams are alike: what one has shown the others need not learn */
  constructor(modelId: string) {
    this.#forms = formsOf(modelId);
    this.#isKnown = this.#forms.length > 0;
  }

  read(chunk: string): unknown {
    if (chunk.length > LONGEST) return parseJson(chunk);
    for (let index = 0; index < this.#forms.length; index++) {
      const form = this.#forms[index];
      const value = form && filled(form, chunk);
      if (value === undefined) continue;
      if (index > 0) this.#prefer(index);
      return value;
    }
    const isOdd = this.#isKnown && this.#odd++ < ODD;
    if (!isOdd && this.#tries < MOST_TRIES) this.#learn(chunk);
    return parseJson(chunk);
  }

  /** The same of several, from one on. Those in a row whose texts `grows` allows to be put together are given as one. */
  readAll(chunks: Chunks, first: number, grows: Accumulator['grows']): unknown[] {
    const values: unknown[] = [];
    for (let index = first; index < chunks.length; ) {
      const form = this.#growing(grows);
      const { count, text } = form ? runOf(form, chunks, index) : NO_RUN;
      values.push(form && count > 0 ? valueWith(form, text) : this.read(chunks.text(index)));
      index += Math.max(1, count);
    }
    return values;
  }

  /** The form that was seen last, if it has one difference, and that is a text which `grows` allows to be put together with the next. */
  #growing(grows: Accumulator['grows']): Form | undefined {
    const [form] = this.#forms;
    const [difference, ...others] = form?.differences ?? [];
    if (!form || !isObject(form.value) || !difference?.isText || others.length > 0) return undefined;
    return grows?.(form.value, difference.path.join('.')) ? form : undefined;
  }

  /** The form of the last chunk is the most likely one of the next. */
  #prefer(index: number): void {
    this.#forms.unshift(...this.#forms.splice(index, 1));
  }

  #learn(chunk: string): void {
    if (chunk === this.#chunks[0]) return;
    this.#tries++;
    for (const before of this.#chunks) {
      const form = formOf(before, chunk);
      if (!form) continue;
      this.#forms.unshift(form);
      this.#forms.splice(MOST_FORMS);
      break;
    }
    this.#chunks.unshift(chunk);
    this.#chunks.splice(MOST_CHUNKS);
  }
}

const NO_RUN = { count: 0, text: '' };

const MOST_MODELS = 100;
const known = new Map<string, Form[]>();

function formsOf(modelId: string): Form[] {
  const forms = known.get(modelId) ?? [];
  known.set(modelId, forms);
  const [oldest] = known.keys();
  if (known.size > MOST_MODELS && oldest !== undefined) known.delete(oldest);
  return forms;
}
