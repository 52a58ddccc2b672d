import { Worker } from 'node:worker_threads';

new Worker(new URL('./import-named.mjs', import.meta.url));
