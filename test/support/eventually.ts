/** For what becomes true without an event that a test could wait for. */
const POLL_MS = 20;

/** Tries an expectation again and again for at most `withinMs`, then lets its failure through. */
export async function eventually(
  expectation: () => Promise<void>,
  withinMs = 5_000,
): Promise<void> {
  for (const deadline = Date.now() + withinMs; ; ) {
    try {
      return await expectation();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
