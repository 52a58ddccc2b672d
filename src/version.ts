import { isObject } from './read';

const manifest: unknown = require('../package.json');

/** The version of this package. */
export const version = isObject(manifest) ? String(manifest.version) : 'unknown';
