/*
 * What the two parts of the loader have in common. Nothing here, as in them, imports from the rest of the package: it is what every process loads.
 */

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * What a part of Node exports. `require` is for Node before 20.16 and 22.3, and for where somebody has put something else in the place of
 * `getBuiltinModule`: an ES module has to make one first, at twenty times the cost.
 */
export function exportOf(name: string, member: string): ReturnType<NodeJS.Require> {
  let part: unknown;
  try {
    part = process.getBuiltinModule?.(name);
  } catch {}
  return Reflect.get(Object(part), member) ?? require(name)[member];
}

let said = false;

export function guarded<T>(task: () => T): T | undefined {
  try {
    return task();
  } catch (error) {
    if (!said) process.stderr.write(`braintrust-bedrock: Bedrock calls are not traced: ${String(error).split('\n', 1)}\n`);
    said = true;
    return undefined;
  }
}

/** Under another name it may be an npm alias, the usual way to have two versions: then the class tells. Other packages of the same makers are not it. */
export function mayBe(wanted: string, scope: string, name: string): boolean {
  return wanted === `${scope}/${name}` || !/^@(aws|smithy|anthropic-ai)/.test(scope);
}

/** The thread of the loaders is the one worker that is not of the class that applications have. */
export const isApplications = (worker: object): boolean => worker.constructor.name !== 'InternalWorker';

/** When the first worker of a kind is made. */
export function whenWorker(isWanted: (worker: object) => boolean, then: () => void): void {
  const made = (worker: object): void => {
    if (!isWanted(worker)) return;
    process.off('worker', made);
    guarded(then);
  };
  process.on('worker', made);
}
