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
 * textInput | audioInput | toolResult / contentEnd for each content; every content of the user gets a completion of its own, which
 * waits for the tool's result where it asked for one.
 */
export async function* sonic(inbound: AsyncIterable<JsonObject>, chunkMs: number): AsyncGenerator<AnswerEvent> {
  const session = new Session();
  for await (const message of inbound) {
    for (const event of session.hear(object(message.event) ?? {})) {
      if (chunkMs > 0) await sleep(chunkMs);
      yield { chunk: { event } };
    }
  }
}

class Session {
  private readonly sessionId = randomUUID();
  private promptName = '';
  private completionId = '';
  private tools: Tool[] = [];
  /** The content that is being received. */
  private content = { role: '', type: '', text: '', heard: 0 };
  private asked = '';
  private total = { speechIn: 0, textIn: 0, speechOut: 0, textOut: 0 };

  /** What the model says when it hears an event. */
  *hear(event: JsonObject): Generator<JsonObject> {
    const promptStart = object(event.promptStart);
    if (promptStart) this.begin(promptStart);
    const start = object(event.contentStart);
    if (start) this.content = { role: string(start.role) ?? '', type: string(start.type) ?? '', text: '', heard: 0 };
    this.content.text += string(object(event.textInput)?.content) ?? string(object(event.toolResult)?.content) ?? '';
    this.content.heard += string(object(event.audioInput)?.content)?.length ?? 0;
    if (event.contentEnd === undefined) return;
    if (this.content.role === 'USER') yield* this.turn();
    if (this.content.role === 'TOOL') yield* this.speak(1);
  }

  private begin(promptStart: JsonObject): void {
    this.promptName = string(promptStart.promptName) ?? '';
    this.tools = objects(object(promptStart.toolConfiguration)?.tools).flatMap((entry) => {
      const spec = object(entry.toolSpec);
      return tool(spec, JSON.parse(string(object(spec?.inputSchema)?.json) ?? '{}'));
    });
  }

  /** One turn of the user: what was heard, then the answer or a tool. */
  private *turn(): Generator<JsonObject> {
    this.completionId = randomUUID();
    const spoken = this.content.heard > 0;
    this.asked = this.content.text || 'What is the weather in Lisbon on Friday?';
    this.total.speechIn += Math.ceil(this.content.heard / 400);
    this.total.textIn += spoken ? 0 : Math.ceil(this.asked.length / 4);
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
    yield* this.textContent('ASSISTANT', text);
    yield* this.audioContent(text);
    this.total.textOut += Math.ceil(text.length / 4);
    this.total.speechOut += Math.ceil(text.length / 2);
    yield this.usage();
    yield { completionEnd: { ...this.ids(), stopReason: 'END_TURN' } };
  }

  private *textContent(role: string, content: string): Generator<JsonObject> {
    const ids = { ...this.ids(), contentId: randomUUID() };
    const stage = JSON.stringify({ generationStage: 'FINAL' });
    const textOutputConfiguration = { mediaType: 'text/plain' };
    yield { contentStart: { ...ids, additionalModelFields: stage, role, textOutputConfiguration, type: 'TEXT' } };
    yield { textOutput: { ...ids, content, role } };
    yield { contentEnd: { ...ids, stopReason: 'PARTIAL_TURN', type: 'TEXT' } };
  }

  private *audioContent(text: string): Generator<JsonObject> {
    const ids = { ...this.ids(), contentId: randomUUID() };
    yield { contentStart: { ...ids, audioOutputConfiguration: AUDIO, role: 'ASSISTANT', type: 'AUDIO' } };
    for (const piece of pieces(text)) {
      yield { audioOutput: { ...ids, content: Buffer.alloc(piece.length * 8, piece).toString('base64'), role: 'ASSISTANT' } };
    }
    yield { contentEnd: { ...ids, stopReason: 'END_TURN', type: 'AUDIO' } };
  }

  /** `total` counts the session so far. */
  private usage(): JsonObject {
    const { speechIn, textIn, speechOut, textOut } = this.total;
    const counts = { input: { speechTokens: speechIn, textTokens: textIn }, output: { speechTokens: speechOut, textTokens: textOut } };
    const totals = { totalInputTokens: speechIn + textIn, totalOutputTokens: speechOut + textOut };
    return {
      usageEvent: { ...this.ids(), details: { total: counts }, ...totals, totalTokens: totals.totalInputTokens + totals.totalOutputTokens },
    };
  }

  private ids() {
    return { completionId: this.completionId, promptName: this.promptName, sessionId: this.sessionId };
  }
}
