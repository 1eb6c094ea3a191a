import { sourceFacts } from '../contracts/sources';
import { type InstalledTools, installedTools } from '../contracts/tools';
import { loadPrices } from '../worker/configuration';
import { asksRealApi } from '../worker/model-provider';
import { loadPublishTargets } from '../worker/publish-targets';
import { loadSources } from '../worker/sources';

/** The tools of an installation that would be brought up with this environment, and its models. */
export async function toolsHere(): Promise<InstalledTools> {
  const { env } = process;
  return {
    ...installedTools({
      publishTargets: Object.keys(await loadPublishTargets(env)),
      sources: sourceFacts(await loadSources(env)),
      webSearch: asksRealApi(env),
    }),
    pricedModels: Object.keys(await loadPrices(env)),
  };
}
