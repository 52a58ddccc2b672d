import Module from 'node:module';
import { arm } from './loader.js';

arm(Module, () => import.meta.url);
