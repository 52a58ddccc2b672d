import { readParameters, readTools } from '../families/parameters';
import { defined, object, objects, parseJson, string } from '../read';
import type { JsonObject } from '../types';

/** How a session was set up, as the contract names it: from `sessionStart`, `promptStart` and the system prompt. */
export class SonicConfiguration {
  metadata: JsonObject = {};
  /** As `promptStart` asks for it; Sonic repeats it with each answer. */
  audioOutput: unknown;
  readonly #system: { text: string; block: string }[] = [];

  session({ inferenceConfiguration, turnDetectionConfiguration }: JsonObject): void {
    this.#add({ ...readParameters(object(inferenceConfiguration) ?? {}), turnDetectionConfiguration: object(turnDetectionConfiguration) });
  }

  prompt({ toolConfiguration, audioOutputConfiguration }: JsonObject): void {
    const { tools, toolChoice } = object(toolConfiguration) ?? {};
    this.audioOutput = audioOutputConfiguration;
    this.#add({ ...readTools(objects(tools).map(withSchema), toolChoice), audioOutputConfiguration: object(audioOutputConfiguration) });
  }

  audioInput(configuration: unknown): void {
    this.#add({ audioInputConfiguration: object(configuration) });
  }

  system(piece: string, block: string): void {
    const last = this.#system.at(-1);
    if (last?.block === block) last.text += piece;
    else this.#system.push({ text: piece, block });
  }

  get messages(): JsonObject[] {
    const content = this.#system.map(({ text }) => ({ type: 'text', text }));
    return content.length > 0 ? [{ role: 'system', content }] : [];
  }

  #add(metadata: JsonObject): void {
    this.metadata = { ...this.metadata, ...defined(metadata) };
  }
}

/** Sonic takes a tool's schema as text. */
function withSchema(tool: JsonObject): JsonObject {
  const spec = object(tool.toolSpec);
  const json = string(object(spec?.inputSchema)?.json);
  return spec && json !== undefined ? { ...tool, toolSpec: { ...spec, inputSchema: { json: parseJson(json) } } } : tool;
}
