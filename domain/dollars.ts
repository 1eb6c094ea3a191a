/** `$0.0123`: four decimals, more below a cent so that nothing spent reads as nothing. */
export function dollars(microUsd: number): string {
  const digits = microUsd !== 0 && Math.abs(microUsd) < 10_000 ? 6 : 4;
  return `$${(microUsd / 1_000_000).toFixed(digits)}`;
}
