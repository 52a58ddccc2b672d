import { Binary } from '../binary';
import { number, object, string } from '../read';
import type { JsonObject } from '../types';

/**
 * The most that is kept of the audio of one turn, each way: over 4 minutes at 16 kHz, 3 at 24 kHz. The user's and the model's together
 * stay within what the files of one span may have by default (20 MiB), so that a long answer does not cost the question its attachment.
 */
export const MAX_AUDIO_BYTES = 8 * 1024 * 1024;

/** RIFF, `fmt ` and `data` headers of a PCM file (http://soundfile.sapp.org/doc/WaveFormat/). */
const HEADER_BYTES = 44;
const FIRST_CAPACITY = 64 * 1024;

export interface AudioFormat {
  mediaType: string;
  sampleRate: number;
  sampleBits: number;
  channels: number;
}

/** `audioInputConfiguration` or `audioOutputConfiguration`. Linear PCM, 16 bits, one channel is all that Sonic speaks so far. */
export function audioFormat(configuration: unknown, sampleRate: number): AudioFormat {
  const { mediaType, sampleRateHertz, sampleSizeBits, channelCount } = object(configuration) ?? {};
  return {
    mediaType: string(mediaType) ?? 'audio/lpcm',
    sampleRate: number(sampleRateHertz) ?? sampleRate,
    sampleBits: number(sampleSizeBits) ?? 16,
    channels: number(channelCount) ?? 1,
  };
}

/** The audio of one turn, in one buffer that grows with it: no chunk is kept. */
export class Audio {
  #bytes = Buffer.alloc(0);
  #end = HEADER_BYTES;
  #heard = 0;

  constructor(private readonly format: AudioFormat) {}

  /** @param base64 one chunk, decoded in place */
  add(base64: string): void {
    const size = Buffer.byteLength(base64, 'base64');
    const kept = Math.min(size, HEADER_BYTES + MAX_AUDIO_BYTES - this.#end);
    this.#reserve(this.#end + kept);
    const written = this.#bytes.write(base64, this.#end, kept, 'base64');
    this.#end += written;
    this.#heard += kept < size ? size : written; // what is no base64 decodes to less than its length promises
  }

  get isEmpty(): boolean {
    return this.#heard === 0;
  }

  /** The block that stands in a message. PCM gets the header that makes it a file which plays. */
  block(): JsonObject {
    const isPcm = /^audio\/(lpcm|l16|pcm)\b/i.test(this.format.mediaType);
    if (isPcm) writeHeader(this.#bytes, this.#end - HEADER_BYTES, this.format);
    const bytes = this.#bytes.subarray(isPcm ? 0 : HEADER_BYTES, this.#end);
    const contentType = isPcm ? 'audio/wav' : this.format.mediaType;
    const isCut = this.#heard > this.#end - HEADER_BYTES;
    return {
      type: 'audio',
      audio: { format: contentType.split('/')[1], source: { bytes: new Binary(bytes, contentType) } },
      ...(isCut && { truncated: { byteLength: this.#heard } }),
    };
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const capacity = Math.max(length, FIRST_CAPACITY, this.#bytes.length * 2);
    const grown = Buffer.allocUnsafe(Math.min(capacity, HEADER_BYTES + MAX_AUDIO_BYTES));
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
  }
}

/** `DataView` takes any number that a configuration may hold; `Buffer` would throw at one out of range. */
function writeHeader(bytes: Buffer, dataLength: number, { sampleRate, sampleBits, channels }: AudioFormat): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const frameBytes = (channels * sampleBits) / 8;
  bytes.write('RIFF', 0, 'latin1');
  view.setUint32(4, HEADER_BYTES - 8 + dataLength, true);
  bytes.write('WAVEfmt ', 8, 'latin1');
  view.setUint32(16, 16, true); // length of the format chunk
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * frameBytes, true);
  view.setUint16(32, frameBytes, true);
  view.setUint16(34, sampleBits, true);
  bytes.write('data', 36, 'latin1');
  view.setUint32(40, dataLength, true);
}
