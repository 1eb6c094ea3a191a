import { type InstalledTools, installedTools } from '../contracts/tools';
import { loadPublishTargets } from '../worker/publish-targets';

/** The tools of an installation that would be brought up with this environment. */
export async function toolsHere(): Promise<InstalledTools> {
  return installedTools(Object.keys(await loadPublishTargets(process.env)));
}
