/** How deeply a value is nested: what walks it later must not run out of stack. */

/** Looks at one level at a time, so that no depth is too much for it; a value within itself is too deep. */
export function isDeeperThan(depthMax: number, value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) return true;
    // Each member once: what is shared would be walked again and again.
    level = [...new Set(level.filter(isObject))].flatMap((member) => Object.values(member));
  }
  return false;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
