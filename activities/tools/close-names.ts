/** How many names an error suggests. */
const SUGGESTIONS_MAX = 5;
/** Share of letter pairs in common below which two names are not alike. */
const LIKENESS_MIN = 0.3;

/** The names most like `wanted`, best first; a name that ends in it, or in whose path it stands, leads. */
export function closeNames(wanted: string, names: readonly string[]): string[] {
  const goal = fold(wanted);
  const candidates = names
    .map((name) => ({ name, likeness: likeness(goal, fold(name)) }))
    .sort((a, b) => b.likeness - a.likeness || (a.name < b.name ? -1 : 1));
  const best = candidates[0]?.likeness ?? 0;
  return candidates
    .filter(({ likeness }) => likeness >= Math.max(LIKENESS_MIN, best / 2))
    .slice(0, SUGGESTIONS_MAX)
    .map(({ name }) => name);
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** From 0 to 2: 2 for a path that ends in the wanted name, 1 and up for one that contains it. */
function likeness(goal: string, name: string): number {
  if (name === goal || name.endsWith(`/${baseName(goal)}`) || name === baseName(goal)) return 2;
  const contained = goal !== '' && name.includes(goal) ? 1 : 0;
  return contained + Math.max(dice(goal, name), dice(baseName(goal), baseName(name)));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The Sørensen–Dice coefficient of the letter pairs of two names. */
function dice(a: string, b: string): number {
  const pairsOfA = pairs(a);
  const pairsOfB = pairs(b);
  if (pairsOfA.size + pairsOfB.size === 0) return 0;
  const common = [...pairsOfA].filter((pair) => pairsOfB.has(pair)).length;
  return (2 * common) / (pairsOfA.size + pairsOfB.size);
}

function pairs(text: string): Set<string> {
  return new Set(
    Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2)),
  );
}
