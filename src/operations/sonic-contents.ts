import { object, parseJson, string } from '../read';
import type { JsonObject } from '../types';

/** A content between its `contentStart` and its `contentEnd`. */
export interface Content {
  name: string;
  role: string;
  /** TEXT, AUDIO or TOOL. */
  type: string;
  /** Whether it is what the model plans to say, and not yet what was said. */
  isSpeculative: boolean;
  start: JsonObject;
}

/** Contents come interleaved: the microphone's stays open while the results of tools are sent. One that is never closed must not stay for ever. */
const MAX_OPEN = 64;

/** The contents that one side has open, by what that side calls them: `contentName` the application, `contentId` Sonic. */
export class Contents {
  readonly #open = new Map<string, Content>();
  #last: Content = { name: '', role: '', type: '', isSpeculative: false, start: {} };

  constructor(private readonly key: 'contentName' | 'contentId') {}

  open(start: JsonObject): void {
    const fields = object(parseJson(string(start.additionalModelFields) ?? ''));
    const name = string(start[this.key]) ?? '';
    this.#last = {
      name,
      role: string(start.role) ?? '',
      type: string(start.type) ?? '',
      isSpeculative: fields?.generationStage === 'SPECULATIVE',
      start,
    };
    const oldest = this.#open.keys().next().value;
    if (this.#open.size >= MAX_OPEN && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(name, this.#last);
  }

  /** The content that an event belongs to; the last that was opened, where the event does not say. */
  of(event: JsonObject): Content {
    return this.#open.get(string(event[this.key]) ?? '') ?? this.#last;
  }

  close(end: JsonObject): Content {
    const content = this.of(end);
    this.#open.delete(content.name);
    return content;
  }
}
