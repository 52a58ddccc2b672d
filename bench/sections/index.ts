import type { Section } from '../section';
import { calls } from './calls';
import { exit } from './exit';
import { firstCall } from './first-call';
import { memory } from './memory';
import { path } from './path';
import { startup } from './startup';
import { streams } from './streams';
import { throughput } from './throughput';

export const SECTIONS: readonly Section[] = [startup, firstCall, calls, path, streams, throughput, exit, memory];
