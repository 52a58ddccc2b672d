import { Binary } from '../../src/binary';

/** Fields as JSON, each file as what it is and how long. */
export function plain<T>(fields: T): T {
  return JSON.parse(
    JSON.stringify(fields, (_, value) =>
      value instanceof Binary ? { file: value.contentType, byteLength: value.byteLength, filename: value.filename } : value,
    ),
  );
}
