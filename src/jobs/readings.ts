/** The readings that go on beside the application. */
const readings = new Set<Promise<void>>();

/** @param reading must not reject */
export function begin(reading: Promise<void>): void {
  readings.add(reading);
  void reading.then(() => readings.delete(reading));
}

/** Resolves when all that the application has read by now has become spans. */
export async function allRead(): Promise<void> {
  await Promise.all(readings);
}
