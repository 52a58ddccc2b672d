import type { JsonObject } from '../types';

/** A prompt as the message that it is, for families whose wire knows no messages. */
export const userText = (text: string): JsonObject[] => [{ role: 'user', content: [{ type: 'text', text }] }];

/** One generation as a message. */
export const assistantText = (text: string): JsonObject => ({ role: 'assistant', content: [{ type: 'text', text }] });
