import fs from 'node:fs';

/** Has what this package writes to stderr go to `heard` instead. Gives what ends that. */
export function hearSaid(heard: (line: string) => void): () => void {
  const { writeSync } = fs;
  Reflect.set(fs, 'writeSync', (fd: number, text: unknown, ...rest: unknown[]) => {
    if (fd !== 2) return Reflect.apply(writeSync, fs, [fd, text, ...rest]);
    heard(String(text));
    return String(text).length;
  });
  return () => {
    fs.writeSync = writeSync;
  };
}
