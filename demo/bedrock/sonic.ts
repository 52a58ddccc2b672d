import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { object, objects, string } from '../../src/read';
import type { JsonObject } from '../../src/types';
import type { Prompt, Tool } from './models/prompt';
import { emptyPrompt, pieces, tool } from './models/prompt';
import { reply } from './models/reply';
import type { AnswerEvent } from './types';

const AUDIO = {
  audioType: 'SPEECH',
  channelCount: 1,
  encoding: 'base64',
  mediaType: 'audio/lpcm',
  sampleRateHertz: 24000,
  sampleSizeBits: 16,
};

/**
 * A speech-to-speech session in the shapes of Nova Sonic. The client sends sessionStart, promptStart, then contentStart /
 * textInput | audioInput | toolResult / contentEnd for each content; every turn of the user gets a completion of its own, which waits for
 * the tool's result where it asked for one. A turn is a typed content, or speech up to a silence (a chunk of zeros): the microphone may
 * stay open. Who speaks while Sonic does interrupts it.
 *
 * A spoken turn is answered as Sonic does it, in text that is planned, audio, and text of what was said; a typed one without the plan.
 */
export async function* sonic(inbound: AsyncIterable<JsonObject>, chunkMs: number): AsyncGenerator<AnswerEvent> {
  const inbox = new Inbox(inbound);
  const session = new Session(inbox);
  for (let event = await inbox.next(); event; event = await inbox.next()) {
    for (const answer of session.hear(event)) {
      if (chunkMs > 0) await sleep(chunkMs);
      yield { chunk: { event: answer } };
    }
  }
}

/** What has come from the client and has not been listened to: it keeps coming while Sonic speaks. */
class Inbox {
  private readonly events: JsonObject[] = [];
  private open = true;
  private wake = () => {};

  constructor(inbound: AsyncIterable<JsonObject>) {
    const end = () => {
      this.open = false;
      this.wake();
    };
    void this.fill(inbound).then(end, end);
  }

  private async fill(inbound: AsyncIterable<JsonObject>): Promise<void> {
    for await (const message of inbound) {
      this.events.push(object(message.event) ?? {});
      this.wake();
    }
  }

  async next(): Promise<JsonObject | undefined> {
    while (this.events.length === 0 && this.open) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.events.shift();
  }

  hasSpeech(): boolean {
    return this.events.some((event) => object(event.textInput) ?? (speech(event).length > 0 ? event : undefined));
  }
}

/** The bytes of an `audioInput`; none where it is silent. */
function speech(event: JsonObject): Buffer {
  const bytes = Buffer.from(string(object(event.audioInput)?.content) ?? '', 'base64');
  return bytes.some((byte) => byte !== 0) ? bytes : Buffer.alloc(0);
}

const NOTHING = { speechIn: 0, textIn: 0, speechOut: 0, textOut: 0 };

class Session {
  private readonly sessionId = randomUUID();
  private promptName = '';
  private completionId = '';
  private tools: Tool[] = [];
  /** The contents that are being received, by name. */
  private readonly contents = new Map<unknown, { role: string; type: string; text: string }>();
  private heard = Buffer.alloc(0);
  private asked = '';
  private isSpoken = false;
  private readonly total = { ...NOTHING };
  private delta = { ...NOTHING };

  constructor(private readonly inbox: Inbox) {}

  /** What the model says when it hears an event. */
  *hear(event: JsonObject): Generator<JsonObject> {
    const promptStart = object(event.promptStart);
    if (promptStart) this.begin(promptStart);
    const start = object(event.contentStart);
    if (start) this.contents.set(start.contentName, { role: string(start.role) ?? '', type: string(start.type) ?? '', text: '' });
    const input = object(event.textInput) ?? object(event.toolResult);
    const content = this.contents.get(input?.contentName);
    if (content) content.text += string(input?.content) ?? '';
    if (event.audioInput) yield* this.listen(speech(event));
    const end = object(event.contentEnd);
    const ended = end && this.contents.get(end.contentName);
    if (!ended) return;
    this.contents.delete(end.contentName);
    if (ended.type === 'AUDIO') yield* this.listen(Buffer.alloc(0));
    else if (ended.role === 'USER') yield* this.turn(ended.text, false);
    else if (ended.role === 'TOOL') yield* this.speak(1);
  }

  /** Silence after speech is the end of a turn. What was said in ASCII is understood. */
  private *listen(sound: Buffer): Generator<JsonObject> {
    this.heard = Buffer.concat([this.heard, sound]);
    if (sound.length > 0 || this.heard.length === 0) return;
    const words = this.heard.toString('latin1').replace(/\0/g, '').trim();
    this.count({ speechIn: Math.ceil(this.heard.length / 300) });
    this.heard = Buffer.alloc(0);
    yield* this.turn(/^[ -~]+$/.test(words) ? words : 'What is the weather in Lisbon on Friday?', true);
  }

  private begin(promptStart: JsonObject): void {
    this.promptName = string(promptStart.promptName) ?? '';
    this.tools = objects(object(promptStart.toolConfiguration)?.tools).flatMap((entry) => {
      const spec = object(entry.toolSpec);
      return tool(spec, JSON.parse(string(object(spec?.inputSchema)?.json) ?? '{}'));
    });
  }

  /** One turn of the user: what was heard, then the answer or a tool. */
  private *turn(asked: string, isSpoken: boolean): Generator<JsonObject> {
    this.completionId = randomUUID();
    this.asked = asked || 'What is the weather in Lisbon on Friday?';
    this.isSpoken = isSpoken;
    if (!isSpoken) this.count({ textIn: Math.ceil(this.asked.length / 4) });
    yield { completionStart: this.ids() };
    yield* this.textContent('USER', this.asked);
    yield this.usage();
    yield* this.speak(0);
  }

  private *speak(toolResults: number): Generator<JsonObject> {
    const prompt: Prompt = { ...emptyPrompt, text: this.asked, tools: this.tools, toolResults, allText: this.asked };
    const { toolUses, text } = reply(prompt, new Set());
    const use = toolUses[0];
    if (use) {
      const contentId = randomUUID();
      const ids = { ...this.ids(), contentId };
      yield { contentStart: { ...ids, role: 'TOOL', type: 'TOOL', toolUseOutputConfiguration: { mediaType: 'application/json' } } };
      yield { toolUse: { ...ids, content: JSON.stringify(use.input), role: 'TOOL', toolName: use.name, toolUseId: use.id } };
      yield { contentEnd: { ...ids, stopReason: 'TOOL_USE', type: 'TOOL' } };
      return;
    }
    yield* this.textContent('ASSISTANT', text, this.isSpoken ? 'SPECULATIVE' : 'FINAL');
    const said = yield* this.audioContent(text);
    this.count({ textOut: Math.ceil(text.length / 4), speechOut: Math.ceil(said.length / 2) });
    if (said !== text) yield* this.textContent('ASSISTANT', '{ "interrupted" : true }', 'FINAL', 'INTERRUPTED');
    if (this.isSpoken) yield* this.textContent('ASSISTANT', said, 'FINAL', said === text ? 'END_TURN' : 'PARTIAL_TURN');
    yield this.usage();
    yield { completionEnd: { ...this.ids(), stopReason: 'END_TURN' } };
  }

  private *textContent(role: string, content: string, stage = 'FINAL', stopReason = 'PARTIAL_TURN'): Generator<JsonObject> {
    const ids = { ...this.ids(), contentId: randomUUID() };
    const additionalModelFields = JSON.stringify({ generationStage: stage });
    const textOutputConfiguration = { mediaType: 'text/plain' };
    yield { contentStart: { ...ids, additionalModelFields, role, textOutputConfiguration, type: 'TEXT' } };
    yield { textOutput: { ...ids, content, role } };
    yield { contentEnd: { ...ids, stopReason, type: 'TEXT' } };
  }

  /** Gives what could be said before somebody else spoke. */
  private *audioContent(text: string): Generator<JsonObject, string> {
    const ids = { ...this.ids(), contentId: randomUUID() };
    let said = '';
    yield { contentStart: { ...ids, audioOutputConfiguration: AUDIO, role: 'ASSISTANT', type: 'AUDIO' } };
    for (const piece of pieces(text)) {
      if (said && this.inbox.hasSpeech()) break;
      said += piece;
      yield { audioOutput: { ...ids, content: Buffer.alloc(piece.length * 8, piece).toString('base64'), role: 'ASSISTANT' } };
    }
    yield { contentEnd: { ...ids, stopReason: said === text ? 'END_TURN' : 'INTERRUPTED', type: 'AUDIO' } };
    return said;
  }

  private count(more: Partial<typeof NOTHING>): void {
    for (const name of ['speechIn', 'textIn', 'speechOut', 'textOut'] as const) {
      this.total[name] += more[name] ?? 0;
      this.delta[name] += more[name] ?? 0;
    }
  }

  /** `total` counts the session so far, `delta` what has come since the last. */
  private usage(): JsonObject {
    const { speechIn, textIn, speechOut, textOut } = this.total;
    const totals = { totalInputTokens: speechIn + textIn, totalOutputTokens: speechOut + textOut };
    const details = { delta: counts(this.delta), total: counts(this.total) };
    this.delta = { ...NOTHING };
    return { usageEvent: { ...this.ids(), details, ...totals, totalTokens: totals.totalInputTokens + totals.totalOutputTokens } };
  }

  private ids() {
    return { completionId: this.completionId, promptName: this.promptName, sessionId: this.sessionId };
  }
}

function counts({ speechIn, textIn, speechOut, textOut }: typeof NOTHING): JsonObject {
  return { input: { speechTokens: speechIn, textTokens: textIn }, output: { speechTokens: speechOut, textTokens: textOut } };
}
