import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import type { Writable } from 'node:stream';

/** One request and the way to answer it, the same over HTTP/1.1 and HTTP/2. */
export interface Exchange {
  httpVersion: '1.1' | '2.0';
  method: string;
  /** Path and query as they were sent. */
  target: string;
  headers: Record<string, string>;
  body: AsyncIterable<Buffer>;
  start(status: number, headers: Record<string, string>): void;
  /** Resolves when the bytes have left, or the client has gone. */
  write(bytes: Buffer): Promise<void>;
  end(bytes?: Buffer): void;
  /** Destroys the socket: the client sees the wire go dead. */
  cut(): void;
  /** Whether the client has gone. */
  closed(): boolean;
}

export interface Server {
  port: number;
  close(): Promise<void>;
}

/** What an HTTP/2 client that knows what it talks to sends first (RFC 9113, 3.4). */
const PREFACE = 'PRI * HTTP/2.0';

/**
 * One port for HTTP/1.1 and for HTTP/2 without TLS. The SDK's default handler for Bedrock Runtime speaks HTTP/2 with prior
 * knowledge to an `http://` endpoint, `NodeHttpHandler` and `fetch` speak HTTP/1.1: the first bytes of a connection tell.
 */
export async function listen(port: number, handle: (exchange: Exchange) => Promise<void>): Promise<Server> {
  const sockets = new Map<number, net.Socket>();
  const cut = (remotePort: number | undefined) => () => void sockets.get(remotePort ?? 0)?.destroy();
  const one = http.createServer((request, response) => void handle(exchangeOne(request, response, cut(request.socket.remotePort))));
  const two = http2.createServer();
  two.on('stream', (stream, headers) => void handle(exchangeTwo(stream, headers, cut(stream.session?.socket.remotePort))));
  // A client that goes away in the middle is what these servers are for.
  for (const server of [one, two]) server.on('clientError', ignore).on('sessionError', ignore);

  const front = net.createServer({ noDelay: true }, (socket) => {
    const key = socket.remotePort ?? 0;
    sockets.set(key, socket);
    socket.on('error', ignore).on('close', () => sockets.delete(key));
    socket.once('data', (first) => {
      socket.pause();
      socket.unshift(first);
      if (first.toString('latin1', 0, PREFACE.length) === PREFACE) return two.emit('connection', socket);
      one.emit('connection', socket);
      return socket.resume();
    });
  });
  await new Promise<void>((resolve) => front.listen(port, '127.0.0.1', resolve));
  const address = front.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        front.close(() => resolve());
        for (const socket of sockets.values()) socket.destroy();
      }),
  };
}

function exchangeOne(request: http.IncomingMessage, response: http.ServerResponse, cut: () => void): Exchange {
  response.on('error', ignore);
  return {
    httpVersion: '1.1',
    method: request.method ?? '',
    target: request.url ?? '/',
    headers: flat(request.headers),
    body: request,
    start: (status, headers) => {
      response.writeHead(status, headers);
      response.flushHeaders();
    },
    ...writer(response),
    end: (bytes) => void response.end(bytes),
    cut,
  };
}

function exchangeTwo(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders, cut: () => void): Exchange {
  stream.on('error', ignore);
  return {
    httpVersion: '2.0',
    method: headers[':method'] ?? '',
    target: headers[':path'] ?? '/',
    headers: flat(headers),
    body: stream,
    start: (status, fields) => {
      if (!stream.destroyed) stream.respond({ ':status': status, ...fields });
    },
    ...writer(stream),
    end: (bytes) => {
      if (!stream.destroyed) stream.end(bytes);
    },
    cut,
  };
}

/**
 * Two ways to hear that the client has gone. Up to Node 24 the callback of a write that waits is forgotten, and only `close` comes;
 * Node 26 calls it with an error at once, and a loop of such writes would never let `close` come.
 */
function writer(stream: Writable): Pick<Exchange, 'write' | 'closed'> {
  let release = () => {};
  let gone = false;
  stream.once('close', () => release());
  const write = (bytes: Buffer) =>
    new Promise<void>((resolve) => {
      release = resolve;
      if (gone || stream.destroyed) return resolve();
      return void stream.write(bytes, (error) => {
        gone ||= Boolean(error);
        resolve();
      });
    });
  return { write, closed: () => gone || stream.destroyed };
}

function flat(headers: http.IncomingHttpHeaders): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !name.startsWith(':')) result[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return result;
}

function ignore(): void {}
