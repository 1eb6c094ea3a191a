/** Starting a run: what is cheap is checked before documents are read and stored. */
import { randomBytes } from 'node:crypto';
import { type ContentStore, getText, type Sha256 } from '../contracts/content';
import { parseSourceManifest } from '../contracts/documents';
import { UserError } from '../contracts/errors';
import { checkRequest, checkWhetherDocuments, SHA256 } from './check-start';
import { chooseTeam } from './choose-team';
import { collectDocuments } from './documents';
import type { ClientPorts } from './ports';
import type { RunHandle, StartRequest, TeamChoice } from './types';

export async function startRun<Outputs>(
  ports: ClientPorts,
  choice: TeamChoice<Outputs>,
  request: StartRequest,
): Promise<RunHandle<Outputs>> {
  const { input, key, settings } = checkRequest(request);
  const { definition, team } = await chooseTeam(ports, choice);
  checkWhetherDocuments(team, request.documents);
  const documentsSha256 = await storeDocuments(ports, request);
  return ports.start({
    key: key ?? generateKey(team.name),
    definition,
    team,
    input,
    documentsSha256,
    settings,
  });
}

async function storeDocuments(
  { content }: ClientPorts,
  { documents, skipUnreadable, onDocument }: StartRequest,
): Promise<Sha256 | undefined> {
  if (documents === undefined) return undefined;
  if (SHA256.test(documents)) {
    parseSourceManifest(await manifestText(content, documents));
    return documents;
  }
  const { manifestSha256 } = await collectDocuments(documents, content, {
    skipUnreadable: skipUnreadable ?? false,
    ...(onDocument ? { onProgress: onDocument } : {}),
  });
  return manifestSha256;
}

async function manifestText(content: ContentStore, sha256: Sha256): Promise<string> {
  try {
    return await getText(content, sha256);
  } catch (error) {
    if (!(error instanceof UserError) || error.kind !== 'not_found') throw error;
    throw new UserError(
      'bad_input',
      `There is no stored list of documents ${sha256}: store the source manifest as an artifact first.`,
      'documents',
    );
  }
}

/** Readable, sorted by day, and unlikely to meet another: 36⁶ a day. */
export function generateKey(team: string): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const letters = [...randomBytes(6)].map((byte) => (byte % 36).toString(36)).join('');
  return `${team}-${day}-${letters}`;
}
