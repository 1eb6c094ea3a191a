import { slackMessage } from '../../../activities/notify/post';

it('lets no text call people or hide a link', () => {
  const message = slackMessage({
    type: 'run_ended',
    timestamp: '2026-11-21T15:00:00.000Z',
    data: {
      ...{ run: 'r-1', team: 'report', version: '1.0.0', title: 'Run failed: r-1 (report)' },
      text: 'Failed.',
      link: 'https://tuesday.example/runs/r-1',
      content: { question: '<!channel> <https://evil.example|harmless> R&D' },
    },
  }) as { text: string; blocks: { text: { text: string } }[] };
  const safe = 'Question: &lt;!channel&gt; &lt;https://evil.example|harmless&gt; R&amp;D';
  expect(message.text.split('\n')).toEqual([
    '*Run failed: r-1 (report)*',
    'Failed.',
    safe,
    '<https://tuesday.example/runs/r-1|Open the run>',
  ]);
  expect(message.blocks.map(({ text }) => text.text).join('\n')).toBe(message.text);
});
