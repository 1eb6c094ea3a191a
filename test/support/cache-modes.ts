/** For `describe.each`: every workflow test runs with workflows cached, and with every task replayed. */
export const CACHE_MODES: [name: string, cachedWorkflowsMax: number][] = [
  ['with workflows cached', 100],
  ['replaying every workflow task', 0],
];
