import { config } from './config';

/** Whether files of so many bytes together may be attached to a span. */
export function mayBeAttached(byteLength: number): boolean {
  const { attachments, content, maxAttachmentBytes } = config();
  return attachments && content && byteLength <= maxAttachmentBytes;
}

/** Bytes of a file that were not kept, since nothing of its span will be attached: their size is told. */
export class Unkept {
  constructor(readonly byteLength: number) {}
}

/**
 * File content inside a field: an image, a document, audio, video. Readers put one in the place of the bytes;
 * content.ts decides what stands there in the row.
 */
export class Binary {
  /**
   * @param data bytes, or base64 text; never copied here
   * @param contentType the MIME type, such as `image/png`
   */
  constructor(
    readonly data: Uint8Array | string,
    readonly contentType: string,
    readonly filename?: string,
    /** What its bytes were, where they were not kept. */
    readonly unkept?: Unkept,
  ) {}

  get byteLength(): number {
    if (this.unkept) return this.unkept.byteLength;
    if (typeof this.data !== 'string') return this.data.byteLength;
    const padding = this.data.endsWith('==') ? 2 : this.data.endsWith('=') ? 1 : 0;
    return Math.max(0, Math.floor((this.data.length * 3) / 4) - padding);
  }
}

/** What an application has given or been given as bytes, kept or not, or as base64 text. */
export function binaryOf(bytes: unknown, contentType: string, filename?: string): Binary | undefined {
  if (bytes instanceof Unkept) return new Binary('', contentType, filename, bytes);
  return bytes instanceof Uint8Array || typeof bytes === 'string' ? new Binary(bytes, contentType, filename) : undefined;
}

const CONTENT_TYPES: Record<string, string> = {
  jpg: 'image/jpeg',
  pdf: 'application/pdf',
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  html: 'text/html',
  txt: 'text/plain',
  md: 'text/markdown',
  mov: 'video/quicktime',
  mkv: 'video/x-matroska',
  flv: 'video/x-flv',
  wmv: 'video/x-ms-wmv',
  mpg: 'video/mpeg',
  three_gp: 'video/3gpp',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  mka: 'audio/x-matroska',
  pcm: 'audio/pcm',
  'x-aac': 'audio/aac',
};

/** The MIME type of a block by its type key and its `format`: `('image', 'png')` is `image/png`, `('document', 'md')` is `text/markdown`. */
export function contentTypeOf(kind: string, format: unknown): string {
  if (typeof format !== 'string' || format === '') return 'application/octet-stream';
  const name = format.toLowerCase();
  return CONTENT_TYPES[name] ?? (kind === 'document' ? 'application/octet-stream' : `${kind}/${name}`);
}
