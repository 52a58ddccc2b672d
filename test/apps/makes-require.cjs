// Given to --require before a hook: prints at the end how many `require` functions the process has had Node make.
const Module = require('node:module');

const { createRequire } = Module;
let made = 0;
Module.createRequire = (from) => {
  made++;
  return createRequire(from);
};
process.on('exit', () => console.log(made));
