/** What a worker that serves metrics has counted. */

/** Recoveries taken, as `point: failure → recovery`. */
export const recoveriesCounted = (address: string): Promise<Record<string, number>> =>
  counted(
    address,
    'tuesday_recoveries_taken',
    (of) => `${of('point')}: ${of('failure')} → ${of('recovery')}`,
  );

/** Deliveries of notifications, as `channel event: outcome`. */
export const deliveriesCounted = (address: string): Promise<Record<string, number>> =>
  counted(
    address,
    'tuesday_deliveries',
    (of) => `${of('channel')} ${of('event')}: ${of('outcome')}`,
  );

async function counted(
  address: string,
  metric: string,
  nameOf: (label: (name: string) => string | undefined) => string,
): Promise<Record<string, number>> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  const counts: Record<string, number> = {};
  for (const [, labels = '', value] of text.matchAll(
    new RegExp(`^${metric}\\{(.*)\\} (\\d+)$`, 'gm'),
  )) {
    const name = nameOf((label) => new RegExp(`\\b${label}="([^"]*)"`).exec(labels)?.[1]);
    counts[name] = (counts[name] ?? 0) + Number(value);
  }
  return counts;
}
