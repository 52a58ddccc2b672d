import { arm } from './loader';

// Node's class by way of this module: `require('node:module')` would bring in Node's loader of ES modules.
arm(module.constructor, () => `${require('node:url').pathToFileURL(__dirname)}/hook.mjs`);
