/** What Anthropic's SDK says by itself: that a model will be retired. It knows no way but the console. */

/**
 * Runs what the SDK does at once (not what it awaits), with what it says going to `tell`, each
 * sentence once.
 */
export function createNoticeCatcher(tell: (notice: string) => void) {
  const told = new Set<string>();
  return <T>(work: () => T): T => {
    const { warn } = console;
    console.warn = (...said: unknown[]) => {
      const notice = said.join(' ');
      if (told.has(notice)) return;
      told.add(notice);
      tell(notice);
    };
    try {
      return work();
    } finally {
      console.warn = warn;
    }
  };
}
