import type { Operation } from '../types';

/** An operation that this package does not know yet: its input and its output as they are, binary summarised. */
export const generic = (name: string): Operation => ({
  name: name.charAt(0).toLowerCase() + name.slice(1),
  type: 'task',
  request: (input) => ({ input }),
  response: ({ $metadata, ...output }) => ({ output }),
});
