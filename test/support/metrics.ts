/** What a worker that serves metrics has counted. */

/** Recoveries taken, as `failure → recovery`, with their point. */
export async function recoveriesCounted(address: string): Promise<Record<string, number>> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  const samples = [...text.matchAll(/^tuesday_recoveries_taken\{(.*)\} (\d+)$/gm)];
  const counts: Record<string, number> = {};
  for (const [, labels = '', value] of samples) {
    const of = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(labels)?.[1];
    const kind = `${of('point')}: ${of('failure')} → ${of('recovery')}`;
    counts[kind] = (counts[kind] ?? 0) + Number(value);
  }
  return counts;
}
