import { randomBytes } from 'node:crypto';
import { object, string } from '../../../src/read';
import type { JsonObject } from '../../../src/types';
import type { Prompt, Reply, Tool } from './prompt';

/** What the models know. The first entry that the prompt matches is the answer; with `tool results`, the second text. */
const KNOWLEDGE: [about: RegExp, text: string, afterTools?: string][] = [
  [/departures board|photo|picture|image/i, 'The photo shows a small coloured square on a plain background. I see no text in it.'],
  [
    /weather/i,
    'I cannot see the weather from here.',
    'It is 24 °C and sunny in Lisbon on Friday, with a light wind from the north-west. No umbrella needed.',
  ],
  [/rush hour/i, 'Leave at 07:10. The airport line runs every six minutes then, and you will be at the gate with 50 minutes to spare.'],
  [
    /story/i,
    'Once upon a time a suitcase decided to travel alone. It took the night train to Porto, slept under a bench, and in the morning',
  ],
  [
    /itinerary|two days|weekend/i,
    'Day 1: Alfama on foot, lunch at the Time Out Market, tram 28 at sunset. Day 2: Belém for the tower and warm pastéis, then the train to Sintra.',
  ],
  [/translate/i, 'Onde fica a estação de comboios mais próxima?'],
  [/summar/i, 'The traveller missed a connection, was rebooked for the next morning, and would like the hotel night refunded.'],
  [/cheaper|how many|how much|compare/i, 'The train: 2 × 31.50 € is 63 €, the flight is 118 € with one bag. The train is cheaper by 55 €.'],
  [/refund/i, 'Your fare is flexible, so the ticket is refunded in full; the money is back on your card within five working days.'],
  [/packing|pack /i, 'A light jacket, good shoes for the hills, sunscreen, and a plug adapter of type F.'],
];

/** The built-in model: deterministic, offline, and quick-witted enough for a demo. `cached` is what earlier requests wrote to the prompt cache. */
export function reply(prompt: Prompt, cached: Set<string>): Reply {
  const known = KNOWLEDGE.find(([about]) => about.test(prompt.text));
  const called = prompt.toolResults === 0 ? prompt.tools.filter((tool) => isAbout(tool, prompt.text)) : [];
  const answer = (prompt.toolResults > 0 ? known?.[2] : undefined) ?? known?.[1] ?? `You said: ${firstWords(prompt.text)}`;
  const text = called.length > 0 ? `Let me look that up with ${called.map(({ name }) => name).join(' and ')}.` : answer;
  const limited = prompt.maxTokens !== undefined && tokens(text) > prompt.maxTokens;
  const reasoning = prompt.thinking ? `The user asks: "${firstWords(prompt.text)}". I weigh what I know and answer in short.` : '';
  const toolUses = called.map(({ name, schema }) => ({ id: toolUseId(), name, input: argumentsFor(schema, prompt.text) }));
  const spoken = limited ? text.slice(0, (prompt.maxTokens ?? 0) * 4) : text;
  return {
    reasoning,
    text: spoken,
    toolUses,
    stop: toolUses.length > 0 ? 'tool' : limited ? 'length' : 'end',
    usage: { ...inputUsage(prompt, cached), output: tokens(reasoning) + tokens(spoken) + toolUses.length * 18 },
  };
}

/** Tokens of a text, as this Bedrock counts them. An image is 85, a tool 40. */
export function inputTokens(prompt: Prompt): number {
  return 8 + tokens(prompt.allText) + prompt.images * 85 + prompt.tools.length * 40;
}

const tokens = (text: string) => Math.ceil(text.length / 4);

function inputUsage(prompt: Prompt, cached: Set<string>) {
  const all = inputTokens(prompt);
  const held = tokens(prompt.cacheable);
  if (held === 0) return { input: all, cacheRead: 0, cacheWrite: 0 };
  const hit = cached.has(prompt.cacheable);
  cached.add(prompt.cacheable);
  return { input: all - held, cacheRead: hit ? held : 0, cacheWrite: hit ? 0 : held };
}

/** A tool is called when the prompt has a word of its name: `get_weather` for "the weather in Lisbon". */
function isAbout({ name }: Tool, text: string): boolean {
  const words = name.split(/[_\-.]|(?=[A-Z])/).filter((word) => word.length > 3);
  return words.some((word) => text.toLowerCase().includes(word.toLowerCase()));
}

/** Arguments that fit a schema, taken from the words of the prompt. */
function argumentsFor(schema: JsonObject, text: string): JsonObject {
  const result: JsonObject = {};
  for (const [name, property] of Object.entries(object(schema.properties) ?? {})) result[name] = argument(object(property) ?? {}, text);
  return result;
}

function argument(property: JsonObject, text: string): unknown {
  if (Array.isArray(property.enum)) return property.enum[0];
  switch (string(property.type)) {
    case 'number':
    case 'integer':
      return Number(/\d+/.exec(text)?.[0] ?? 1);
    case 'boolean':
      return true;
    case 'array':
      return [];
    case 'object':
      return {};
    default:
      return /(?<=[^.!?\s]\s)\p{Lu}[\p{L}-]+/u.exec(text)?.[0] ?? firstWords(text);
  }
}

function firstWords(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

function toolUseId(): string {
  return `tooluse_${randomBytes(16).toString('base64url')}`;
}
