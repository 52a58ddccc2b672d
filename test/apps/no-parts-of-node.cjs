// Given to --require before a hook: a process whose `getBuiltinModule` is missing (Node before 20.16) or has been replaced.
const { PARTS } = process.env;
if (PARTS === 'missing') delete process.getBuiltinModule;
else
  process.getBuiltinModule = () => {
    if (PARTS === 'refused') throw new Error('refused');
    return {};
  };
