import { Worker } from 'node:worker_threads';

new Worker(new URL('./anthropic-import.mjs', import.meta.url));
