import { isObject, object, parseJson, string } from '../read';
import { tokenMetrics } from '../tokens';
import type { JsonObject, Metrics, Part } from '../types';
import { audioFormat } from './sonic-audio';
import { SonicConfiguration } from './sonic-configuration';
import { type Content, Contents } from './sonic-contents';
import { ModelResponse } from './sonic-response';
import { UserTurn } from './sonic-turn';
import { sum, UsageMeter } from './sonic-usage';

/** What a content that the model begins may be. */
type Kind = 'speculative' | 'final' | 'audio' | 'tool';

/**
 * A conversation with Nova Sonic, folded from the events of both sides. Its events name no turns: a completion spans the whole prompt, and
 * what is said after the end of a turn (what was really spoken, an interruption while the answer is being played) still belongs to it. So
 * a response is open until the next one begins.
 */
export class SonicSession {
  readonly #configuration = new SonicConfiguration();
  readonly #usage = new UsageMeter();
  readonly #sending = new Contents('contentName');
  readonly #receiving = new Contents('contentId');
  #turn = new UserTurn();
  #response: ModelResponse | undefined;
  #ended: Part[] = [];
  #responses = 0;
  #lastAt = 0;
  #isClosing = false;
  #isCompleted = false;

  constructor(private readonly model: string | undefined) {}

  /** Folds an event of the application. */
  sent(name: string, event: JsonObject, at: number): void {
    this.#lastAt = Math.max(this.#lastAt, at);
    const content = this.#sending.of(event);
    switch (name) {
      case 'sessionStart':
        this.#configuration.session(event);
        break;
      case 'promptStart':
        this.#configuration.prompt(event);
        break;
      case 'contentStart':
        this.#sending.open(event);
        if (event.audioInputConfiguration !== undefined) this.#configuration.audioInput(event.audioInputConfiguration);
        break;
      case 'textInput':
        this.#type(content, string(event.content) ?? '');
        break;
      case 'audioInput':
        this.#turn.speak(string(event.content) ?? '', audioFormat(content.start.audioInputConfiguration, 16000));
        break;
      case 'toolResult':
        this.#asker(content, event).answer(toolUseId(content, event), event, content.name);
        break;
      case 'contentEnd':
        // The result of a tool that a response waits for is no turn of its own.
        if (!content.role.startsWith('SYSTEM') && this.#asker(content, event) === this.#turn) this.#turn.closedAt = at;
        this.#sending.close(event);
        break;
      case 'promptEnd':
      case 'sessionEnd':
        this.#isClosing = true;
    }
  }

  /** Folds an event of the model. True where it is content. */
  received(name: string, event: JsonObject, at: number): boolean {
    this.#lastAt = Math.max(this.#lastAt, at);
    if (name !== 'usageEvent') this.#isCompleted = name === 'completionEnd';
    const content = this.#receiving.of(event);
    switch (name) {
      case 'contentStart':
        this.#receiving.open(event);
        return false;
      case 'textOutput':
        return this.#hearText({ ...content, role: content.role || (string(event.role) ?? '') }, string(event.content) ?? '', at);
      case 'audioOutput':
        return this.#hearAudio(content, string(event.content) ?? '', at);
      case 'toolUse':
        this.#speaking('tool', at).use(event);
        return true;
      case 'contentEnd':
        this.#endContent(this.#receiving.close(event), event, at);
        return false;
      case 'completionEnd':
        // A response that waits for a tool goes on when it has the result.
        if (this.#response && !this.#response.isOver && !this.#response.awaitsTools) this.#response.end(string(event.stopReason), at, true);
        return false;
      case 'usageEvent':
        this.#count(event);
    }
    return false;
  }

  /** Whether the session came to its end: nobody was cut short, and the application or the model has closed it. */
  get isComplete(): boolean {
    const isAnswered = !this.#response || this.#response.endedAt !== undefined;
    return isAnswered && (this.#isClosing || (this.#isCompleted && !this.#turn.hasContent));
  }

  parts(over: boolean): Part[] {
    if (over && this.#response) {
      this.#response.usage = sum(this.#response.usage, this.#turn.usage); // counted, and no response came for it
      this.#finish();
    }
    return this.#ended.length > 0 ? this.#ended.splice(0) : this.#ended;
  }

  /** The system prompt, and what the user said last where no response came. */
  get input(): JsonObject[] {
    return [...this.#configuration.messages, ...this.#turn.messages(false)];
  }

  get metadata(): JsonObject {
    return this.#configuration.metadata;
  }

  get responses(): number {
    return this.#responses;
  }

  /** Of the whole session. */
  get usage(): Metrics {
    return tokenMetrics(this.#usage.total);
  }

  #type({ role, name }: Content, piece: string): void {
    if (role.startsWith('SYSTEM')) this.#configuration.system(piece, name);
    else this.#turn.type(role === 'ASSISTANT' ? 'assistant' : 'user', piece, name);
  }

  /** What a tool's result goes to: the response that has asked for it, or the next. */
  #asker(content: Content, event: JsonObject): ModelResponse | UserTurn {
    return content.type === 'TOOL' && this.#response?.awaits(toolUseId(content, event)) ? this.#response : this.#turn;
  }

  #hearText({ role, name, isSpeculative }: Content, piece: string, at: number): boolean {
    if (role === 'USER') {
      const isLate = this.#response && this.#response.endedAt === undefined && !this.#response.hasSpoken;
      (isLate && this.#response ? this.#response.turn : this.#turn).transcribe(piece, name, isSpeculative, at);
      return false;
    }
    if (piece === '') return false;
    if (isInterruption(piece)) {
      this.#response?.end('INTERRUPTED', at, true);
      return false;
    }
    this.#speaking(isSpeculative ? 'speculative' : 'final', at).say(piece, name, isSpeculative);
    return true;
  }

  #hearAudio({ start }: Content, base64: string, at: number): boolean {
    if (base64 === '') return false;
    const format = audioFormat(start.audioOutputConfiguration ?? this.#configuration.audioOutput, 24000);
    this.#speaking('audio', at).speak(base64, format);
    return true;
  }

  #endContent({ role, type }: Content, end: JsonObject, at: number): void {
    const stopReason = string(end.stopReason);
    if (role === 'USER' || stopReason === undefined || stopReason === 'PARTIAL_TURN') return;
    if (stopReason === 'TOOL_USE') {
      if (this.#response) this.#response.stopReason ??= stopReason;
      return;
    }
    // The text of a turn ends before its audio does, and the text of what was spoken after it.
    const isOver = stopReason === 'INTERRUPTED' || (string(end.type) ?? type) === 'AUDIO';
    this.#response?.end(stopReason, at, isOver);
  }

  /** The response that a content of the model belongs to. */
  #speaking(kind: Kind, at: number): ModelResponse {
    const current = this.#response;
    if (current && !this.#isNext(current, kind)) {
      if (kind !== 'final' && !current.isOver) current.endedAt = undefined;
      return current;
    }
    this.#finish();
    this.#responses++;
    this.#response = new ModelResponse(this.#turn, at);
    this.#turn = new UserTurn();
    return this.#response;
  }

  /** Whether a content begins another response than the current one. */
  #isNext(current: ModelResponse, kind: Kind): boolean {
    if (kind === 'final' && (current.awaitsFinal || !this.#turn.hasContent)) return false;
    if (current.isOver || (current.hasSpoken && this.#turn.transcribedAt !== undefined)) return true;
    return current.endedAt !== undefined && kind !== 'audio' && this.#turn.hasContent;
  }

  #count(event: JsonObject): void {
    const added = this.#usage.added(event);
    // What comes in between two responses was heard for the next, unless it counts what was said.
    const isOfTurn = !this.#response || (this.#response.isOver && !added.output);
    const counted = isOfTurn ? this.#turn : this.#response;
    if (counted) counted.usage = sum(counted.usage, added);
  }

  #finish(): void {
    if (!this.#response) return;
    this.#ended.push(this.#response.part(this.model, this.#lastAt));
    this.#response = undefined;
  }
}

function toolUseId({ start }: Content, event: JsonObject): string | undefined {
  return string(object(start.toolResultInputConfiguration)?.toolUseId) ?? string(event.toolUseId);
}

/** Sonic tells of an interruption in the place of a text, too. */
function isInterruption(text: string): boolean {
  if (!text.includes('"interrupted"')) return false;
  const value = parseJson(text);
  return isObject(value) && value.interrupted === true;
}
