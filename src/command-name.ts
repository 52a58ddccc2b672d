import { string } from './read';
import type { JsonObject } from './types';

/**
 * The operation that a command of the AWS SDK asks for, such as `Converse`, if it is one of this service's.
 * @param isKnown whether the service has an operation of this name, for commands that say nothing but their class's name
 */
export function commandName(command: JsonObject, namespace: string, isKnown: (name: string) => boolean): string | undefined {
  const { schema } = command;
  // `[kind, namespace, operation, …]`; SDKs up to about 3.929 have none.
  if (Array.isArray(schema)) return schema[1] === namespace ? string(schema[2]) : undefined;
  // By the name of the command's class or of one that it extends. A minifier that changes names leaves nothing to go by.
  for (let type: unknown = command.constructor; typeof type === 'function' && type.name; type = Object.getPrototypeOf(type)) {
    const name = type.name.replace(/Command$/, '');
    if (name !== type.name && isKnown(name)) return name;
  }
  return undefined;
}
