import type { Sha256 } from '../../contracts/content';
import { type ToolContext, ToolError } from './tool';

/** @throws ToolError `not_found` when the run was started without documents */
export function documentsOf(context: ToolContext): Sha256 {
  if (context.documents === undefined) {
    throw new ToolError('not_found', 'This run has no documents to look into.');
  }
  return context.documents;
}
