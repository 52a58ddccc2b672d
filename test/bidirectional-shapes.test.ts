import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Binary } from '../src/binary';
import { invokeModelWithBidirectionalStream as operation } from '../src/operations/bidirectional';
import { MAX_AUDIO_BYTES } from '../src/operations/sonic-audio';
import { object, objects } from '../src/read';
import type { Fields, JsonObject, Part } from '../src/types';
import { HANG_UP, MICROPHONE, model, SETUP, say, sound, toolResult, typed } from './helpers/voice';

/** A session by its events alone. Each takes a millisecond. */
class Talk {
  readonly parts: Part[] = [];
  readonly #input = { modelId: 'amazon.nova-2-sonic-v1:0' };
  readonly #sends = operation.sends?.accumulator(this.#input);
  readonly #stream = operation.stream?.accumulator(this.#input);
  #at = 0;

  app(...events: object[]): this {
    for (const event of events) this.#sends?.add(say(event), ++this.#at);
    return this;
  }

  sonic(...events: object[]): this {
    for (const event of events) {
      this.#stream?.add(say(event), ++this.#at);
      this.parts.push(...(this.#stream?.parts?.(false) ?? []));
    }
    return this;
  }

  wire(event: JsonObject): this {
    this.#sends?.add(event, ++this.#at);
    this.#stream?.add(event, this.#at);
    return this;
  }

  /** As an application hears it that reads late: what the model said had come before. */
  sonicAt(at: number, ...events: object[]): this {
    for (const event of events) this.#stream?.add(say(event), at);
    return this;
  }

  get isComplete(): boolean | undefined {
    return this.#stream?.complete();
  }

  end(): Part[] {
    this.parts.push(...(this.#stream?.parts?.(true) ?? []));
    return this.parts;
  }

  fields(): Fields {
    return operation.response({ ...this.#stream?.response(), ...this.#sends?.response() }, this.#input, {});
  }
}

const blocks = (messages: unknown, type: string) =>
  objects(messages)
    .flatMap(({ content }) => objects(content))
    .filter((block) => block.type === type);
const texts = (messages: unknown) => blocks(messages, 'text').map(({ text }) => text);
const audioOf = (messages: unknown) => {
  const bytes = object(object(blocks(messages, 'audio')[0]?.audio)?.source)?.bytes;
  assert.ok(bytes instanceof Binary && bytes.data instanceof Uint8Array);
  return Buffer.from(bytes.data).subarray(44).toString('latin1');
};
const stops = (parts: Part[]) => parts.map(({ metadata }) => metadata?.stopReason);
const usage = (delta: [number, number, number, number], total?: [number, number, number, number]) => {
  const side = ([speechIn, textIn, speechOut, textOut]: [number, number, number, number]) => ({
    input: { speechTokens: speechIn, textTokens: textIn },
    output: { speechTokens: speechOut, textTokens: textOut },
  });
  return { usageEvent: { details: { delta: side(delta), ...(total && { total: side(total) }) } } };
};
const START = { completionStart: { completionId: 'c' } };
const END = { completionEnd: { completionId: 'c', stopReason: 'END_TURN' } };

describe('the responses of a completion that spans the whole prompt', () => {
  it('are told apart by the ends of the turns', () => {
    const parts = new Talk()
      .app(...SETUP, MICROPHONE, sound(Buffer.from('one')))
      .sonic(START, ...model.text('USER', 'Hello.'), ...model.text('ASSISTANT', 'Hi.', { id: 's1', stage: 'SPECULATIVE' }))
      .sonic(...model.audio('HI'), ...model.text('ASSISTANT', 'Hi.', { id: 'f1', stopReason: 'END_TURN' }))
      .app(sound(Buffer.from('two')))
      .sonic(
        ...model.text('USER', 'Bye.'),
        ...model.text('ASSISTANT', 'See you.', { id: 's2', stage: 'SPECULATIVE' }),
        ...model.audio('BYE'),
      )
      .sonic(...model.text('ASSISTANT', 'See you.', { id: 'f2', stopReason: 'END_TURN' }), END)
      .end();
    assert.deepEqual(
      parts.map(({ input, output }) => [texts(input), audioOf(input), texts(output), audioOf(output)]),
      [
        [['Hello.'], 'one', ['Hi.'], 'HI'],
        [['Bye.'], 'two', ['See you.'], 'BYE'],
      ],
    );
    assert.deepEqual(stops(parts), ['END_TURN', 'END_TURN']);
  });

  it('hold several sentences, each planned, spoken and told', () => {
    const sentence = (text: string, stopReason: string) => [
      ...model.text('ASSISTANT', text, { id: `s${text}`, stage: 'SPECULATIVE' }),
      ...model.audio(text, { stopReason }),
      ...model.text('ASSISTANT', `${text}!`, { id: `f${text}`, stopReason }),
    ];
    const parts = new Talk().sonic(START, ...sentence('One', 'PARTIAL_TURN'), ...sentence('Two', 'END_TURN')).end();
    assert.deepEqual(
      parts.map(({ output }) => [texts(output), audioOf(output)]),
      [[['One! Two!'], 'OneTwo']],
    );
  });

  it('get what is told late, after the user has spoken again', () => {
    const parts = new Talk()
      .sonic(...model.text('USER', 'Hello.'), ...model.text('ASSISTANT', 'Planned.', { stage: 'SPECULATIVE' }), ...model.audio('A'))
      .sonic(...model.text('USER', 'And?'), ...model.text('ASSISTANT', 'Spoken.'))
      .sonic(...model.text('ASSISTANT', 'More.', { stage: 'SPECULATIVE' }), ...model.audio('B'))
      .end();
    assert.deepEqual(
      parts.map(({ input, output }) => [texts(input), texts(output)]),
      [
        [['Hello.'], ['Spoken.']],
        [['And?'], ['More.']],
      ],
    );
  });

  it('are interrupted while they are being played, when their audio has long been sent', () => {
    const parts = new Talk()
      .sonic(...model.text('ASSISTANT', 'A long story.', { stage: 'SPECULATIVE' }), ...model.audio('LONG'))
      .sonic(
        ...model.text('ASSISTANT', '{ "interrupted" : true }', { id: 'i', stopReason: 'INTERRUPTED' }),
        ...model.text('ASSISTANT', 'A long', { stopReason: 'END_TURN' }),
      )
      .sonic(...model.text('USER', 'Stop.'), ...model.text('ASSISTANT', 'Yes.', { stage: 'SPECULATIVE' }), ...model.audio('YES'))
      .end();
    assert.deepEqual(stops(parts), ['INTERRUPTED', 'END_TURN']);
    assert.deepEqual(
      parts.map(({ output }) => texts(output)),
      [['A long'], ['Yes.']],
    );
    assert.equal(parts[0]?.metadata?.streamStatus, undefined);
  });

  it('go on over a tool, even where a completion ends for it', () => {
    const parts = new Talk()
      .sonic(START, ...model.text('USER', 'Weather?'), ...model.tool('t1', { city: 'Lisbon' }), ...model.tool('t2', { city: 'Porto' }), END)
      .app(...toolResult('t1', '{"c":24}'), ...toolResult('t2', '{"c":19}'))
      .sonic(START, ...model.text('ASSISTANT', 'Warm.', { stage: 'SPECULATIVE' }), ...model.audio('W'), END)
      .end();
    assert.equal(parts.length, 1);
    assert.deepEqual(
      blocks(parts[0]?.output, 'tool_use').map(({ id, input }) => [id, input]),
      [
        ['t1', { city: 'Lisbon' }],
        ['t2', { city: 'Porto' }],
      ],
    );
    assert.deepEqual(
      blocks(parts[0]?.input, 'tool_result').map(({ tool_use_id: id }) => id),
      ['t1', 't2'],
    );
    assert.deepEqual(stops(parts), ['END_TURN']);
  });

  it('are answered later by a tool that the model did not wait for', () => {
    const parts = new Talk()
      .sonic(...model.tool('t', {}), ...model.text('ASSISTANT', 'One moment.', { stage: 'SPECULATIVE' }), ...model.audio('A'))
      .app(...toolResult('t', 'done'))
      .sonic(...model.text('ASSISTANT', 'Done.', { stage: 'SPECULATIVE' }), ...model.audio('B'))
      .end();
    assert.deepEqual(
      parts.map(({ input, output }) => [blocks(input, 'tool_result').length, texts(output)]),
      [
        [0, ['One moment.']],
        [1, ['Done.']],
      ],
    );
  });

  it('are two where the end of the first is not told, and the user has spoken in between', () => {
    const parts = new Talk()
      .sonic(...model.text('USER', 'One?'), ...model.text('ASSISTANT', 'One.', { stage: 'SPECULATIVE' }), ...model.audio('A').slice(0, 2))
      .sonic(...model.text('USER', 'Two?'), ...model.text('ASSISTANT', 'Two.', { stage: 'SPECULATIVE' }), ...model.audio('B'))
      .end();
    assert.deepEqual(
      parts.map(({ input, output }) => [texts(input), texts(output)]),
      [
        [['One?'], ['One.']],
        [['Two?'], ['Two.']],
      ],
    );
  });

  it('end with their text where there is no audio', () => {
    const written = (text: string) => model.text('ASSISTANT', text, { stopReason: 'END_TURN' });
    const parts = new Talk()
      .app(...typed('USER', 'One?'))
      .sonic(...written('One.'))
      .app(...typed('USER', 'Two?'))
      .sonic(...written('Two.'))
      .end();
    assert.deepEqual(
      parts.map(({ output, metadata }) => [texts(output), metadata?.stopReason, metadata?.streamStatus]),
      [
        [['One.'], 'END_TURN', undefined],
        [['Two.'], 'END_TURN', undefined],
      ],
    );
  });

  it('do not end with the text that announces their audio', () => {
    const announced = model.text('ASSISTANT', 'Well.', { stage: 'SPECULATIVE', stopReason: 'END_TURN' });
    const whole = new Talk().sonic(...announced, ...model.audio('W')).end();
    assert.deepEqual(
      whole.map(({ output }) => [texts(output), audioOf(output)]),
      [[['Well.'], 'W']],
    );
    const [cut] = new Talk().sonic(...announced, ...model.audio('W').slice(0, 2)).end();
    assert.equal(cut?.metadata?.streamStatus, 'incomplete');
  });

  it('have the transcript of what they answer, though it comes after the tool', () => {
    const parts = new Talk()
      .sonic(...model.tool('t', {}), ...model.text('USER', 'Weather?'))
      .app(...toolResult('t', '{}'))
      .sonic(...model.text('ASSISTANT', 'Warm.', { stage: 'SPECULATIVE' }), ...model.audio('W'))
      .end();
    assert.deepEqual(
      parts.map(({ input }) => texts(input)),
      [['Weather?']],
    );
  });
});

describe('the input of a response', () => {
  it('is typed text once, though the model repeats it, after the conversation that came along', () => {
    const [part] = new Talk()
      .app(...SETUP, ...typed('USER', 'Hi'), ...typed('ASSISTANT', 'Hello.'), ...typed('USER', 'How are you?'))
      .sonic(...model.text('USER', 'How are you?'), ...model.text('ASSISTANT', 'Well.'), ...model.audio('W'))
      .end();
    assert.deepEqual(
      objects(part?.input).map(({ role }) => role),
      ['user', 'assistant', 'user'],
    );
    assert.deepEqual(texts(part?.input), ['Hi', 'Hello.', 'How are you?']);
  });

  it('begins where the user was done: with what was typed, or with the transcript where the microphone stays open', () => {
    const answer = [...model.text('ASSISTANT', 'Well.', { stage: 'SPECULATIVE' }), ...model.audio('W')];
    const [written] = new Talk()
      .app(...typed('USER', 'Hi'))
      .sonic(...answer)
      .end(); // 3 events
    const [spoken] = new Talk()
      .app(MICROPHONE, sound(Buffer.from('hi')))
      .sonic(...model.text('USER', 'Hi'), ...answer)
      .end();
    const [greeting] = new Talk()
      .app(...SETUP)
      .sonic(...answer)
      .end();
    assert.deepEqual([written?.start, written?.firstToken], [3, 5]);
    assert.deepEqual([spoken?.start, spoken?.firstToken], [4, 7]);
    assert.deepEqual([greeting?.start, greeting?.firstToken], [SETUP.length + 2, undefined]); // nobody had asked
    const [, next] = new Talk()
      .sonic(...model.tool('t', {})) // 3 events
      .app(...toolResult('t', '{}')) // 3, and 5 until the answer ends
      .sonic(...answer.slice(1), ...model.text('USER', 'And?'), ...answer)
      .end();
    assert.equal(next?.start, 3 + 3 + 5 + 2);
    const [early] = new Talk()
      .app(...typed('USER', 'Hi'))
      .sonicAt(2, ...answer)
      .end();
    assert.deepEqual([early?.start, early?.firstToken], [2, undefined]);
  });
});

describe('the tokens of a response', () => {
  const answer = (text: string) => [...model.text('ASSISTANT', text, { stage: 'SPECULATIVE' }), ...model.audio(text)];

  it('are what came for it, and add up to the session', () => {
    const talk = new Talk()
      .sonic(usage([0, 22, 0, 0]), usage([150, 0, 0, 0]), ...model.text('USER', 'a'), ...answer('A'), usage([0, 0, 20, 5]))
      .sonic(usage([100, 0, 0, 0]), ...model.text('USER', 'b'), ...answer('B'), usage([0, 3, 7, 0]), usage([9, 0, 0, 0]));
    const parts = talk.end();
    assert.deepEqual(
      parts.map(({ metrics }) => metrics),
      [
        { prompt_tokens: 172, completion_tokens: 25, tokens: 197, prompt_audio_tokens: 150, completion_audio_tokens: 20 },
        { prompt_tokens: 112, completion_tokens: 7, tokens: 119, prompt_audio_tokens: 109, completion_audio_tokens: 7 },
      ],
    );
    assert.equal(object(object(talk.fields().output)?.usage)?.tokens, 316);
    assert.equal(talk.fields().metrics, undefined);
  });

  it('are by how much the totals have grown where Sonic tells only those', () => {
    const total = (counts: [number, number, number, number]) => {
      const { details } = usage([0, 0, 0, 0], counts).usageEvent;
      return { usageEvent: { details: { total: details.total } } };
    };
    const parts = new Talk()
      .sonic(...answer('A'), total([5, 5, 2, 1]), total([5, 5, 4, 1]), ...model.text('USER', 'b'), total([9, 6, 4, 1]), ...answer('B'))
      .sonic(total([9, 6, 10, 2]))
      .end();
    assert.deepEqual(
      parts.map(({ metrics }) => [metrics?.prompt_tokens, metrics?.completion_tokens]),
      [
        [10, 5],
        [5, 7],
      ],
    );
  });

  it('are absent where none were told, and on the session where no response came', () => {
    assert.deepEqual(new Talk().sonic(...answer('A')).end()[0]?.metrics, {});
    const silent = new Talk().app(...SETUP).sonic(usage([0, 22, 0, 0]));
    assert.deepEqual(silent.end(), []);
    assert.equal(silent.fields().metrics?.prompt_tokens, 22);
  });
});

describe('the end of a session', () => {
  const answer = [...model.text('ASSISTANT', 'Well.', { stage: 'SPECULATIVE' }), ...model.audio('W')];

  it('is whole when one side has closed it and no response is open', () => {
    assert.equal(new Talk().sonic(...answer).isComplete, false);
    assert.equal(new Talk().sonic(...answer).app(...HANG_UP).isComplete, true);
    assert.equal(new Talk().sonic(...answer, END).isComplete, true);
    assert.equal(new Talk().sonic(...answer, END).app(...typed('USER', 'And?')).isComplete, false);
    assert.equal(new Talk().sonic(...answer.slice(0, -1)).app(...HANG_UP).isComplete, false);
  });

  it('writes a response that is open with what it has', () => {
    const [part] = new Talk().sonic(...model.text('USER', 'Hi.'), ...answer.slice(0, -1)).end();
    assert.equal(part?.metadata?.streamStatus, 'incomplete');
    assert.deepEqual(texts(part?.output), ['Well.']);
    assert.equal(audioOf(part?.output), 'W');
    assert.equal(part?.end, 8);
  });

  it('leaves what the user had asked on the session where no answer came', () => {
    const talk = new Talk().app(...SETUP, ...typed('USER', 'Anybody?'));
    assert.deepEqual(talk.end(), []);
    assert.deepEqual(texts(talk.fields().input), ['Be brief.', 'Anybody?']);
  });
});

describe('the audio of a turn', () => {
  it('is cut at the limit, and says how much there was', () => {
    const chunk = Buffer.alloc(1024 * 1024, 7);
    const [part] = new Talk()
      .app(MICROPHONE, ...Array.from({ length: 9 }, () => sound(chunk)))
      .sonic(...model.text('USER', 'Hi.'), ...model.audio('W'))
      .end();
    const [block] = blocks(part?.input, 'audio');
    const bytes = object(object(block?.audio)?.source)?.bytes;
    assert.ok(bytes instanceof Binary);
    assert.equal(bytes.byteLength, 44 + MAX_AUDIO_BYTES);
    assert.deepEqual(block?.truncated, { byteLength: 9 * 1024 * 1024 });
    assert.equal(blocks(part?.output, 'audio')[0]?.truncated, undefined);
  });

  it('is all that a long session holds', () => {
    const talk = new Talk().app(...SETUP, MICROPHONE);
    const chunk = sound(Buffer.alloc(16 * 1024, 1));
    const turn = () => {
      for (let count = 0; count < 64; count++) talk.app(chunk);
      talk.sonic(
        ...model.text('USER', 'Hi.'),
        ...model.text('ASSISTANT', 'Ho.', { stage: 'SPECULATIVE' }),
        ...model.audio('W'),
        usage([1, 1, 1, 1]),
      );
      talk.parts.length = 0;
    };
    for (let count = 0; count < 20; count++) turn();
    const before = process.memoryUsage();
    for (let count = 0; count < 200; count++) turn(); // 200 MiB of audio
    const after = process.memoryUsage();
    const grown = after.arrayBuffers - before.arrayBuffers + Math.max(0, after.heapUsed - before.heapUsed);
    assert.ok(grown < 64 * 1024 * 1024, `${Math.round(grown / 1024 / 1024)} MiB more`);
  });
});

describe('an event that is not what it should be', () => {
  const junk: unknown[] = [undefined, null, 0, -1, Number.NaN, '', 'x', '{', [], [[]], {}, { a: 1 }, true, '=', '!!!!', 1e300];
  const names = ['sessionStart', 'promptStart', 'contentStart', 'textInput', 'audioInput', 'toolResult', 'contentEnd', 'promptEnd'];
  const answers = [
    'completionStart',
    'contentStart',
    'textOutput',
    'audioOutput',
    'toolUse',
    'contentEnd',
    'completionEnd',
    'usageEvent',
    '__proto__',
  ];
  const members = [
    'content',
    'contentId',
    'contentName',
    'role',
    'type',
    'stopReason',
    'additionalModelFields',
    'audioInputConfiguration',
    'audioOutputConfiguration',
    'inferenceConfiguration',
    'toolConfiguration',
    'toolResultInputConfiguration',
    'toolUseId',
    'toolName',
    'details',
  ];

  it('is passed over, and never throws', () => {
    let seed = 7;
    const random = (length: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % length;
    };
    const talk = new Talk().app(MICROPHONE);
    for (const value of junk) {
      talk
        .wire({ chunk: value })
        .wire({ chunk: { bytes: value } })
        .wire({ chunk: { bytes: Buffer.from(String(value)) } });
      for (const name of [...names, ...answers]) talk.app({ [name]: value }).sonic({ [name]: value });
    }
    for (let count = 0; count < 5000; count++) {
      const payload = Object.fromEntries(Array.from({ length: 4 }, () => [members[random(members.length)], junk[random(junk.length)]]));
      const configuration = {
        mediaType: 'audio/lpcm',
        sampleRateHertz: junk[random(junk.length)],
        channelCount: junk[random(junk.length)],
      };
      talk.app({ [names[random(names.length)] ?? '']: { ...payload, audioInputConfiguration: configuration } });
      talk.sonic({ [answers[random(answers.length)] ?? '']: { role: 'ASSISTANT', ...payload } });
    }
    talk.end();
    talk.fields();
  });

  it('does not keep a good one from being heard', () => {
    const [part] = new Talk()
      .wire({ chunk: { bytes: Buffer.from('{"event":') } })
      .sonic({ textOutput: null }, { audioOutput: { content: 7 } }, ...model.text('ASSISTANT', 'Well.'), ...model.audio('W'))
      .end();
    assert.deepEqual([texts(part?.output), audioOf(part?.output)], [['Well.'], 'W']);
  });
});
