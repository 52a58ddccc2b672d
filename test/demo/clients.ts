import { BedrockRuntimeClient, type BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
export const NOVA = 'us.amazon.nova-lite-v1:0';

export type Protocol = 'HTTP/1.1' | 'HTTP/2';
export const PROTOCOLS: Protocol[] = ['HTTP/1.1', 'HTTP/2'];

/** A real client of the SDK; HTTP/2 is what it speaks by itself. */
export function clientOf(url: string, protocol: Protocol = 'HTTP/2', config: BedrockRuntimeClientConfig = {}): BedrockRuntimeClient {
  const handler = protocol === 'HTTP/1.1' ? { requestHandler: new NodeHttpHandler() } : {};
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
  return new BedrockRuntimeClient({ endpoint: url, region: 'us-east-1', credentials, ...handler, ...config });
}

export const user = (text: string) => ({ role: 'user' as const, content: [{ text }] });
export const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
export const parsed = (data: Uint8Array | undefined): unknown => JSON.parse(new TextDecoder().decode(data));

/** Everything that an iterable gives, and the error that ended it. */
export async function drain<T>(events: AsyncIterable<T> | undefined): Promise<{ events: T[]; error: unknown }> {
  const seen: T[] = [];
  try {
    for await (const event of events ?? []) seen.push(event);
  } catch (error) {
    return { events: seen, error };
  }
  return { events: seen, error: undefined };
}
