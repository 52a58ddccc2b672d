/** Patches the module's `Batches`. For the loader; never throws. */
export function patchMessageBatches(_namespace: unknown): void {}
