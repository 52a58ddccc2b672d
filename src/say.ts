import fs from 'node:fs';

const said = new Set<string>();

/** Writes a line to stderr once in the life of the process: for what a user has to know and would otherwise never see. Never throws. */
export function say(message: string): void {
  if (said.has(message)) return;
  said.add(message);
  write(message);
}

/**
 * Writes a line to stderr. Never throws, and not by `process.stderr`: where nobody reads it any more, that one raises an error that ends an
 * application which never writes to it.
 */
export function write(message: string): void {
  const line = `braintrust-bedrock: ${message}\n`;
  try {
    fs.writeSync(2, line);
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'EAGAIN') process.stderr.write(line); // it is full, and somebody reads it
  }
}
