// Loggers of `braintrust` with accounts of their own. Which comes as the argument; then the process ends at once.
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { BraintrustState, init, initLogger, login } from 'braintrust';

const [which, appUrl] = process.argv.slice(2);
const client = new BedrockRuntimeClient({});
const ask = (text) =>
  client.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text }] }] }));
const own = { apiKey: 'sk-own', projectName: 'own' };
await {
  own: async () => {
    initLogger(own);
    await ask('own');
  },
  'another one later': async () => {
    initLogger({ projectName: 'first' });
    await ask('first');
    initLogger({ ...own, setCurrent: false });
  },
  'an experiment later': async () => {
    initLogger({ projectName: 'first' });
    await ask('first');
    init({ project: 'another', apiKey: 'sk-own', setCurrent: false });
  },
  'one after the other': async () => {
    initLogger(own);
    await ask('own');
    initLogger({ projectName: 'first' });
    await ask('first');
  },
  'not the current one': async () => {
    const logger = initLogger({ ...own, appUrl, setCurrent: false });
    await logger.traced(() => ask('own'));
  },
  'another server': async () => {
    initLogger({ ...own, appUrl });
    await ask('own');
  },
  'another server, replaced': async () => {
    initLogger({ ...own, appUrl });
    initLogger({ projectName: 'first' });
    await ask('first');
  },
  'a state of its own': async () => {
    const logger = initLogger({ ...own, state: new BraintrustState({}), setCurrent: true });
    await logger.traced(() => ask('own'));
  },
  'a key in its state': async () => {
    const logger = initLogger({ projectName: 'own', state: new BraintrustState({ apiKey: 'sk-own', appUrl }) });
    await logger.traced(() => ask('own'));
  },
  'a span of one that is replaced': async () => {
    await initLogger(own).traced(() => ask('own'));
    initLogger({ projectName: 'first' });
  },
  'a key with white space': async () => {
    initLogger({ ...own, apiKey: ' sk-own\n' });
    await ask('own');
  },
  'an empty key': async () => {
    initLogger({ projectName: 'first', apiKey: '' });
    await ask('first');
  },
  forced: async () => {
    await login({ apiKey: 'sk-other' });
    initLogger({ ...own, forceLogin: true });
    await ask('own');
  },
  'logged in': async () => {
    await login({ apiKey: 'sk-own' });
    initLogger({ projectName: 'first' });
    await ask('first');
  },
}[which]();
process.exit(0);
