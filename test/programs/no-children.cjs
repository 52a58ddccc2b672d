// A process that may not start another one, as under Node's permission model.
require('node:child_process').spawnSync = () => {
  throw Object.assign(new Error('Access to this API has been restricted'), { code: 'ERR_ACCESS_DENIED' });
};
