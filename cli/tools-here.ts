import { type InstalledTools, installedTools } from '../contracts/tools';
import { loadPrices } from '../worker/configuration';
import { loadPublishTargets } from '../worker/publish-targets';

/** The tools of an installation that would be brought up with this environment, and its models. */
export async function toolsHere(): Promise<InstalledTools> {
  const { env } = process;
  return {
    ...installedTools(Object.keys(await loadPublishTargets(env))),
    pricedModels: Object.keys(await loadPrices(env)),
  };
}
