import type { Upload } from './content';
import type { Destination } from './delivery/destination';
import { sendFile } from './delivery/parcel';
import { debug } from './guard';
import { say } from './say';

/** How long one request of an upload may take, in milliseconds. */
const REQUEST_MS = 30_000;
/** How many bytes may wait for their upload, in all: past it, further files are recorded by their size alone. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;
/** What a file counts for beside its bytes: it takes three requests, and room for itself, however small it is. */
const FILE_BYTES = 8 * 1024;

let pendingBytes = 0;
/** The files that are not at Braintrust, whether their row is or not. */
const left = new Map<Upload, Destination>();
/** The uploads so far, one after the other. */
let uploads: Promise<void> = Promise.resolve();

/** Whether there is room for so many more files, of so many bytes together, to wait; where there is none, it is told once. */
export function hasRoom(files: number, bytes: number): boolean {
  const own = files * FILE_BYTES;
  if (left.size === 0 ? Math.max(bytes, own) <= MAX_PENDING_BYTES : pendingBytes + bytes + own <= MAX_PENDING_BYTES) return true;
  say('uploads to Braintrust are behind: files are recorded by their size alone until there is room again.');
  return false;
}

/** Counts files that will be uploaded once their row is out. */
export function expect(items: readonly Upload[], destination: Destination): void {
  for (const item of items) {
    left.set(item, destination);
    pendingBytes += taken(item);
  }
}

/**
 * Uploads the files of a row that has been sent. Done here and not by an `Attachment` of `braintrust`: the application's copy of the package
 * uploads only what its own class has made.
 */
export function upload(items: readonly Upload[]): void {
  for (const item of items) {
    uploads = uploads
      .then(() => uploadOne(item))
      .catch((error: unknown) => debug(`upload failed: ${error instanceof Error ? error.name : 'unknown'}`))
      .then(() => forget([item]));
  }
}

/** Lets go of files: they have been uploaded, or given up, or somebody else has them. */
export function forget(items: readonly Upload[]): void {
  for (const item of items) if (left.delete(item)) pendingBytes -= taken(item);
}

const taken = ({ binary }: Upload): number => binary.byteLength + FILE_BYTES;

export const isFileLeft = (): boolean => left.size > 0;

/** The files that are not at Braintrust, by where they go. */
export function leftFiles(): Map<Destination, Upload[]> {
  const files = new Map<Destination, Upload[]>();
  for (const [item, destination] of left) {
    const known = files.get(destination);
    if (known) known.push(item);
    else files.set(destination, [item]);
  }
  return files;
}

/** Resolves when the uploads so far have ended. */
export const uploaded = (): Promise<void> => uploads;

async function uploadOne(item: Upload): Promise<void> {
  const destination = left.get(item);
  if (!destination) return;
  const target = await destination.open(REQUEST_MS);
  const failure = await sendFile(target, { reference: item.reference, data: item.binary.data }, () => REQUEST_MS);
  if (failure) debug(`upload failed: ${failure}`);
}
