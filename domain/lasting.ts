/** From this many of a unit on, the next larger one reads better. */
const UNITS = [
  { name: 's', ms: 1_000, max: 120 },
  { name: 'min', ms: 60_000, max: 120 },
  { name: 'h', ms: 3_600_000, max: 72 },
] as const;

/** How long something lasts: `12 s`, `3 min`, `36 h`, `30 d`. */
export function lasting(ms: number): string {
  for (const { name, ms: unit, max } of UNITS)
    if (Math.round(ms / unit) < max) return `${Math.round(ms / unit)} ${name}`;
  return `${Math.round(ms / 86_400_000)} d`;
}
