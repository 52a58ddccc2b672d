import { isObject, object, parseJson, string } from '../../src/read';
import type { JsonObject } from '../../src/types';

/** An event as a client of Sonic sends it. */
export const say = (event: object) => ({ chunk: { bytes: Buffer.from(JSON.stringify({ event })) } });

export const SETUP = [
  { sessionStart: { inferenceConfiguration: { maxTokens: 1024, topP: 0.9, temperature: 0.7 } } },
  {
    promptStart: {
      promptName: 'p',
      audioOutputConfiguration: {
        mediaType: 'audio/lpcm',
        sampleRateHertz: 24000,
        sampleSizeBits: 16,
        channelCount: 1,
        voiceId: 'tiffany',
      },
      toolConfiguration: {
        tools: [
          {
            toolSpec: {
              name: 'get_weather',
              description: 'The weather of a city.',
              inputSchema: { json: JSON.stringify({ type: 'object', properties: { city: { type: 'string' } } }) },
            },
          },
        ],
      },
    },
  },
  ...typed('SYSTEM', 'Be brief.'),
];

export const MICROPHONE = {
  contentStart: {
    promptName: 'p',
    contentName: 'mic',
    type: 'AUDIO',
    role: 'USER',
    audioInputConfiguration: { mediaType: 'audio/lpcm', sampleRateHertz: 16000, sampleSizeBits: 16, channelCount: 1 },
  },
};
export const HANG_UP = [{ contentEnd: { promptName: 'p', contentName: 'mic' } }, { promptEnd: { promptName: 'p' } }, { sessionEnd: {} }];

export const sound = (bytes: Uint8Array) => ({
  audioInput: { promptName: 'p', contentName: 'mic', content: Buffer.from(bytes).toString('base64') },
});

export function typed(role: string, content: string, contentName = `${role}-${content}`): JsonObject[] {
  return [
    { contentStart: { promptName: 'p', contentName, type: 'TEXT', role } },
    { textInput: { promptName: 'p', contentName, content } },
    { contentEnd: { promptName: 'p', contentName } },
  ];
}

export function toolResult(toolUseId: unknown, content: string): JsonObject[] {
  const contentName = `result-${toolUseId}`;
  return [
    {
      contentStart: { promptName: 'p', contentName, type: 'TOOL', role: 'TOOL', toolResultInputConfiguration: { toolUseId, type: 'TEXT' } },
    },
    { toolResult: { promptName: 'p', contentName, content } },
    { contentEnd: { promptName: 'p', contentName } },
  ];
}

/** What the model says, in Sonic's shapes. */
export const model = {
  text: (role: string, content: string, { id = content, stage = 'FINAL', stopReason = 'PARTIAL_TURN' } = {}): JsonObject[] => [
    { contentStart: { contentId: id, role, type: 'TEXT', additionalModelFields: JSON.stringify({ generationStage: stage }) } },
    { textOutput: { contentId: id, content } },
    { contentEnd: { contentId: id, type: 'TEXT', stopReason } },
  ],
  audio: (pcm: string, { id = `audio-${pcm}`, stopReason = 'END_TURN' } = {}): JsonObject[] => [
    {
      contentStart: {
        contentId: id,
        role: 'ASSISTANT',
        type: 'AUDIO',
        audioOutputConfiguration: { mediaType: 'audio/lpcm', sampleRateHertz: 24000 },
      },
    },
    { audioOutput: { contentId: id, content: Buffer.from(pcm).toString('base64') } },
    { contentEnd: { contentId: id, type: 'AUDIO', stopReason } },
  ],
  tool: (toolUseId: string, input: object): JsonObject[] => [
    { contentStart: { contentId: toolUseId, role: 'TOOL', type: 'TOOL' } },
    { toolUse: { contentId: toolUseId, toolUseId, toolName: 'get_weather', content: JSON.stringify(input) } },
    { contentEnd: { contentId: toolUseId, type: 'TOOL', stopReason: 'TOOL_USE' } },
  ],
};

/** The other end of the line: what has been heard, for whoever speaks next. */
export class Receiver {
  readonly heard: JsonObject[] = [];
  #wake = () => {};

  async listen(body: AsyncIterable<unknown>): Promise<void> {
    for await (const event of body) {
      this.heard.push(eventOf(event));
      this.#wake();
    }
  }

  times(name: string): number {
    return this.heard.filter((event) => name in event).length;
  }

  async until(name: string, times: number): Promise<void> {
    while (this.times(name) < times) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The bytes of the audio that was heard, from one event to another. */
  audio(from = 0, to = this.heard.length): Buffer {
    const pieces = this.heard.slice(from, to).map((event) => string(object(event.audioOutput)?.content) ?? '');
    return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64')));
  }
}

export function eventOf(event: unknown): JsonObject {
  const bytes = isObject(event) ? object(event.chunk)?.bytes : undefined;
  const parsed = bytes instanceof Uint8Array ? parseJson(Buffer.from(bytes).toString()) : undefined;
  return (isObject(parsed) && object(parsed.event)) || {};
}

/** The file that audio becomes: the header's fields as numbers, and what follows it. */
export function wav(file: Buffer | undefined) {
  if (!file) return undefined;
  const marks = [file.toString('latin1', 0, 4), file.toString('latin1', 8, 16), file.toString('latin1', 36, 40)];
  return {
    marks: marks.join(),
    size: file.readUInt32LE(4) + 8 === file.length,
    format: file.readUInt16LE(20),
    channels: file.readUInt16LE(22),
    sampleRate: file.readUInt32LE(24),
    byteRate: file.readUInt32LE(28),
    frame: file.readUInt16LE(32),
    bits: file.readUInt16LE(34),
    length: file.readUInt32LE(40),
    data: file.subarray(44),
  };
}
