import { setTimeout as sleep } from 'node:timers/promises';
import { type Exchange, listen } from './bedrock/server';

/** One HTTP request as a service on loopback saw it. */
export interface LoopbackRequest {
  method: string;
  /** Without the query, as it was sent. */
  path: string;
  query: URLSearchParams;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * One item of a streamed body.
 *
 * - a Buffer: bytes that are one write of their own, so that a script decides where a body is split.
 * - a string: text that travels with its neighbours, in writes of about 64 KiB.
 * - `{ waitMs }`: a pause.
 * - `{ cut: true }`: the socket is destroyed here.
 */
type Piece = Buffer | string | { waitMs: number } | { cut: true };

export type Pieces = Iterable<Piece> | AsyncIterable<Piece>;

/** What a service answers. A streamed body has no `content-length`, unless the headers give it. */
export interface LoopbackAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: Buffer | string | Pieces;
}

export interface Loopback {
  url: string;
  close(): Promise<void>;
}

const WRITE_BYTES = 65_536;

/** An HTTP service on 127.0.0.1. What `answerTo` throws is answered by `broken`, so that a fault in a script does not hang its test. */
export async function serve(
  port: number,
  answerTo: (request: LoopbackRequest) => Promise<LoopbackAnswer>,
  broken: (message: string) => LoopbackAnswer,
): Promise<Loopback> {
  const server = await listen(port, async (exchange) => {
    const answer = await read(exchange)
      .then(answerTo)
      .catch((error: unknown) => broken(String(error)));
    await send(exchange, answer);
  });
  return { url: `http://127.0.0.1:${server.port}`, close: server.close };
}

async function read(exchange: Exchange): Promise<LoopbackRequest> {
  const url = new URL(exchange.target, 'http://localhost');
  const pieces: Buffer[] = [];
  for await (const piece of exchange.body) pieces.push(piece);
  return {
    method: exchange.method,
    path: url.pathname,
    query: url.searchParams,
    headers: exchange.headers,
    body: Buffer.concat(pieces),
  };
}

async function send(exchange: Exchange, { status = 200, headers, body = '' }: LoopbackAnswer): Promise<void> {
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    const bytes = Buffer.from(body);
    exchange.start(status, { 'content-length': String(bytes.length), ...headers });
    return exchange.end(bytes);
  }
  exchange.start(status, headers ?? {});
  try {
    await stream(exchange, body);
  } catch {
    // The status has gone out: a dead socket is the only way left to tell the client.
    exchange.cut();
  }
}

async function stream(exchange: Exchange, pieces: Pieces): Promise<void> {
  let pending = '';
  const flush = async () => {
    const text = pending;
    pending = '';
    if (text !== '') await exchange.write(Buffer.from(text));
  };
  for await (const piece of pieces) {
    if (exchange.closed()) return;
    if (typeof piece === 'string') {
      pending += piece;
      if (pending.length >= WRITE_BYTES) await flush();
      continue;
    }
    await flush();
    if (Buffer.isBuffer(piece)) await exchange.write(piece);
    else if ('waitMs' in piece) await sleep(piece.waitMs);
    else {
      // What was sent must reach the client before the socket dies, or the cut would be at another place.
      await sleep(20);
      return exchange.cut();
    }
  }
  await flush();
  exchange.end();
}
