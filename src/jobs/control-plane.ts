import { patchSend } from '../send';

/** Patches `send` of the module's `BedrockClient`, once: its batch inference is traced, everything else passes. For the loader; never throws. */
export function patchBedrock(namespace: unknown): void {
  patchSend(namespace, 'BedrockClient', () => {
    const loaded: typeof import('../open') = require('../open');
    return loaded.openControlPlane;
  });
}
