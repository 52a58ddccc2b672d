import type { Upload } from './content';
import { debug } from './guard';
import { object, string } from './read';
import { type BraintrustState, braintrustState } from './state';

/**
 * Uploads the files of a row that has been logged, once the row itself is out. Done here and not by an `Attachment` of `braintrust`:
 * the application's copy of the package uploads only what its own class has made.
 */
export async function upload(uploads: Upload[]): Promise<void> {
  const state = braintrustState();
  if (uploads.length === 0 || !state) return;
  try {
    await state.bgLogger?.().flush();
    await state.login?.({});
    for (const item of uploads) await uploadOne(state, item);
  } catch (error) {
    debug('upload failed', error);
  }
}

async function uploadOne(state: BraintrustState, { reference, binary }: Upload): Promise<void> {
  const connection = state.apiConn?.();
  if (!connection) return;
  const { key, filename, content_type } = reference;
  const org_id = state.orgId ?? '';
  const status = { upload_status: 'done', error_message: '' };
  try {
    const answer: unknown = await (await connection.post('/attachment', { key, filename, content_type, org_id })).json();
    const url = string(object(answer)?.signedUrl);
    if (!url) throw new Error('the answer has no signedUrl');
    const headers = { ...(object(object(answer)?.headers) as Record<string, string> | undefined) };
    if (/\.blob\.core\.windows\.net$/.test(new URL(url).hostname)) headers['x-ms-blob-type'] = 'BlockBlob';
    const body = typeof binary.data === 'string' ? Buffer.from(binary.data, 'base64') : binary.data;
    const response = await fetch(url, { method: 'PUT', headers, body });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the object store answered ${response.status}`);
  } catch (error) {
    status.upload_status = 'error';
    status.error_message = error instanceof Error ? error.message : String(error);
    debug('upload failed', error);
  }
  const { error_message, ...done } = status;
  await connection.post('/attachment/status', { key, org_id, status: error_message ? status : done });
}
