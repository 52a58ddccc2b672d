const said = new Set<string>();

/** Writes a line to stderr once in the life of the process: for what a user has to know and would otherwise never see. Never throws. */
export function say(message: string): void {
  if (said.has(message)) return;
  said.add(message);
  write(message);
}

/** Writes a line to stderr. Never throws. */
export function write(message: string): void {
  try {
    process.stderr.write(`braintrust-bedrock: ${message}\n`);
  } catch {
    // A closed stderr: there is nobody left to tell.
  }
}
