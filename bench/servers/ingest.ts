import { type Row, startIngest } from '../../demo/ingest';
import { isObject, string } from '../../src/read';

interface Tally {
  /** Rows by their id, and whether one of them had an end: a span may be sent in parts. */
  spans: Map<string, boolean>;
  rows: number;
}

/** A Braintrust in a process of its own, that counts what each project has been sent, and keeps none of it. */
async function main(delayMs: number): Promise<void> {
  const ingest = await startIngest({ delayMs });
  const tallies = new Map<string, Tally>();
  let uploads = 0;
  let requests = 0;

  const count = (row: Row) => {
    const project = string(row.project_id) ?? '';
    const tally = tallies.get(project) ?? { spans: new Map<string, boolean>(), rows: 0 };
    tallies.set(project, tally);
    tally.rows++;
    tally.spans.set(row.id, (tally.spans.get(row.id) ?? false) || row.metrics?.end !== undefined);
  };
  const take = () => {
    for (const row of ingest.rows().splice(0)) count(row);
    uploads += ingest.attachments.size;
    ingest.attachments.clear();
    requests += ingest.requests.splice(0).filter(({ path }) => path === '/logs3').length;
  };
  setInterval(take, 100);

  process.on('disconnect', () => process.exit());
  process.on('message', (message) => {
    if (!isObject(message)) return;
    take();
    const project = `project-${string(message.project)}`;
    const { spans, rows } = tallies.get(project) ?? { spans: new Map<string, boolean>(), rows: 0 };
    const ended = [...spans.values()].filter(Boolean).length;
    process.send?.({ spans: spans.size, ended, rows, uploads, requests });
    if (message.forget) {
      tallies.delete(project);
      uploads = 0;
      requests = 0;
    }
  });
  process.send?.({ env: ingest.env });
}

void main(Number(process.argv[2] ?? 0));
