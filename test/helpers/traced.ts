import * as sdk from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import * as braintrust from 'braintrust';
import { type BedrockOptions, startBedrock } from '../../demo/bedrock';
import { type Row, startIngest } from '../../demo/ingest';
import { patchBedrockRuntime } from '../../src/client';

/** The real SDK, patched, against an embedded Bedrock, with the real `braintrust` against an embedded ingest: in this process. */
export async function startTraced(options: BedrockOptions = {}) {
  const [bedrock, ingest] = await Promise.all([startBedrock(options), startIngest()]);
  Object.assign(process.env, ingest.env);
  patchBedrockRuntime(sdk);
  await braintrust.login({ forceLogin: true });
  braintrust.initLogger({ projectName: 'tests' });
  const clients: sdk.BedrockRuntime[] = [];
  return {
    bedrock,
    ingest,
    /** A client over HTTP/1.1 unless `http2`. */
    client({ http2 = false, ...config }: { http2?: boolean } & sdk.BedrockRuntimeClientConfig = {}) {
      const client = new sdk.BedrockRuntime({
        region: 'us-east-1',
        endpoint: bedrock.url,
        credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
        maxAttempts: 1,
        ...(http2 ? {} : { requestHandler: new NodeHttpHandler() }),
        ...config,
      });
      clients.push(client);
      return client;
    },
    /** The spans that `run` leaves at the ingest, merged; it may fail. */
    async spansOf(run: () => unknown): Promise<Row[]> {
      await braintrust.flush();
      const before = new Set(ingest.spans().map(({ id }) => id));
      try {
        await run();
      } catch {
        // The span says how it ended.
      }
      await braintrust.flush();
      return ingest.spans().filter(({ id }) => !before.has(id));
    },
    async close() {
      for (const client of clients) client.destroy();
      await Promise.all([bedrock.close(), ingest.close()]);
    },
  };
}

export type Traced = Awaited<ReturnType<typeof startTraced>>;
