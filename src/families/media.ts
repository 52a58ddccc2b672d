import { Binary, contentTypeOf } from '../binary';
import { object, string } from '../read';
import type { JsonObject } from '../types';

/** What base64 text of these files begins with. */
const MAGIC: readonly (readonly [string, string])[] = [
  ['iVBORw0K', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['JVBERi', 'application/pdf'],
  ['SUQz', 'audio/mpeg'],
  ['T2dnUw', 'audio/ogg'],
  ['ZkxhQw', 'audio/flac'],
  ['GkXfo', 'video/webm'],
  ['UEsDB', 'application/zip'],
];

/** The MIME type that the first bytes of a base64 text tell, if they tell one. */
export function sniff(base64: string): string | undefined {
  const found = MAGIC.find(([prefix]) => base64.startsWith(prefix));
  if (found) return found[1];
  const head = Buffer.from(base64.slice(0, 24), 'base64').toString('latin1');
  if (head.startsWith('RIFF')) return head.slice(8, 12) === 'WEBP' ? 'image/webp' : head.slice(8, 12) === 'WAVE' ? 'audio/wav' : undefined;
  return head.slice(4, 8) === 'ftyp' ? 'video/mp4' : undefined;
}

/** A file in the place of its base64 text, where a body says that there is one. */
export function base64File(base64: string, contentType?: unknown, filename?: string): Binary {
  const url = dataUrl(base64);
  if (url) return url;
  const type = typeof contentType === 'string' && contentType !== '' ? contentType : (sniff(base64) ?? 'application/octet-stream');
  return new Binary(base64, type, filename);
}

/** A file in the place of `data:image/png;base64,…`; undefined for any other text. */
export function dataUrl(text: string, filename?: string): Binary | undefined {
  if (!text.startsWith('data:')) return undefined;
  const comma = text.indexOf(',');
  if (comma < 0 || comma > 200) return undefined;
  const [type, ...attributes] = text.slice('data:'.length, comma).split(';');
  if (!attributes.includes('base64')) return undefined;
  // a text that only begins like one is prose
  if (/[ "\\]/.test(text)) return undefined;
  return new Binary(text.slice(comma + 1), type || 'application/octet-stream', filename);
}

/** Asked of a text without the space at its end: both could begin with the same line ends, and be tried at each of them. */
const BASE64 = /^[A-Za-z0-9+/\r\n]+={0,2}$/;
const isBase64 = (text: string) => BASE64.test(text.trimEnd());

/** The MIME type of a text that is nothing but base64: known by its first bytes, or so long and so mixed that it is neither a word nor a number. */
export function base64Type(text: string): string | undefined {
  const type = sniff(text);
  if (type) return isBase64(text) ? type : undefined;
  if (text.length < 256) return undefined;
  const head = text.slice(0, 256);
  const mixed = /[a-z]/.test(head) && /[A-Z]/.test(head) && /[0-9+/]/.test(head);
  return mixed && isBase64(text) ? 'application/octet-stream' : undefined;
}

/** An image as the trace view draws it in a media operation. A URL or an S3 location stays what it is and is never fetched. */
export function imagePart(image: Binary | string, contentType?: unknown, purpose?: string): JsonObject {
  const url = typeof image !== 'string' || LOCATION.test(image) ? image : base64File(image, contentType);
  return { type: 'image_url', image_url: { url }, ...(purpose !== undefined && { purpose }) };
}

/** Audio, video or a document, likewise. */
export function filePart(file: Binary | string, contentType?: unknown, filename?: string): JsonObject {
  const data = typeof file !== 'string' || LOCATION.test(file) ? file : base64File(file, contentType, filename);
  return { type: 'file', file: { ...(filename !== undefined && { filename }), file_data: data } };
}

/** Amazon's `{ format, source: { bytes | s3Location: { uri } } }`; undefined where it holds neither. */
export function sourcePart(kind: string, media: JsonObject | undefined, purpose?: string): JsonObject | undefined {
  const source = object(media?.source);
  const found = string(source?.bytes) ?? string(object(source?.s3Location)?.uri);
  if (found === undefined) return undefined;
  const type = typeof media?.format === 'string' ? contentTypeOf(kind, media.format) : undefined;
  return kind === 'image' ? imagePart(found, type, purpose) : filePart(found, type);
}

const LOCATION = /^(?:https?|s3):\/\//;
