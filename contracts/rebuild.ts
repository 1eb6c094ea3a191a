/** What rebuilding a run's projection found. */
import { z } from 'zod';

export const RebuildReport = z.object({
  run: z.string(),
  versions: z.int().describe('State versions that the run has now.'),
  equal: z.boolean().describe('Whether everything was there already, and the same.'),
  missing: z.array(z.int()).describe('Versions that were not there.'),
  different: z.array(z.int()).describe('Versions whose event or state was another.'),
  surplus: z.array(z.int()).describe('Versions that no history tells of; they were taken away.'),
  complete: z
    .boolean()
    .describe(
      'False where Temporal has forgotten the end: what came after the archived part was kept.',
    ),
});
export type RebuildReport = z.infer<typeof RebuildReport>;
