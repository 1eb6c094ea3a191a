/** Invisible characters, save line ends and tabs: they hide from a reader what a model is told. */
const INVISIBLE = /[^\P{C}\n\t]/gu;

/** Text of a server, before it is shown to a model or a person. */
export function cleanText(text: string, charactersMax: number): string {
  const cleaned = text.slice(0, charactersMax + 1).replace(INVISIBLE, '');
  if (text.length <= charactersMax) return cleaned;
  return `${cleaned.slice(0, charactersMax - 1).trimEnd()}…`;
}
