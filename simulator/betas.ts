/**
 * Beta features: the header values that the API documents, and the request fields that exist only
 * behind one of them (API page 3.2, 3.8, 3.11, 3.12).
 */

/** The API accepts these in `anthropic-beta`; any other value is a 400 (API page 4.1). */
export const DOCUMENTED_BETAS: ReadonlySet<string> = new Set([
  'advisor-tool-2026-03-01',
  'admin-user-sign-out-2026-10-08',
  'agent-memory-2026-07-22',
  'analytics-usage-cost-2026-08-24',
  'cache-diagnosis-2026-04-07',
  'ce-claude-code-managed-settings-2026-10-06',
  'ce-plugins-2026-09-01',
  'ce-user-management-2026-07-13',
  'code-execution-2025-05-22',
  'compact-2026-01-12',
  'compact-2026-09-04',
  'computer-use-2024-10-22',
  'computer-use-2025-01-24',
  'computer-use-2025-11-24',
  'context-1m-2025-08-07',
  'context-management-2025-06-27',
  'dev-full-thinking-2025-05-14',
  'dreaming-2026-04-21',
  'experimental-claude-tag-2026-10-21',
  'extended-cache-ttl-2025-04-11',
  'fallback-credit-2026-06-01',
  'fallback-credit-2026-07-01',
  'fast-mode-2026-02-01',
  'files-api-2025-04-14',
  'inline-tools-2026-09-15',
  'interleaved-thinking-2025-05-14',
  'managed-agents-2026-04-01',
  'mcp-client-2025-04-04',
  'mcp-client-2025-11-20',
  'mcp-client-2026-09-15',
  'mcp-tunnels-2026-06-22',
  'message-batches-2024-09-24',
  'message-threads-2026-08-12',
  'mid-conversation-output-config-2026-07-01',
  'mid-conversation-system-clear-at-2026-08-21',
  'mid-conversation-tool-changes-2026-07-01',
  'model-context-window-exceeded-2025-08-26',
  'output-128k-2025-02-19',
  'output-300k-2026-03-24',
  'pdfs-2024-09-25',
  'prompt-caching-2024-07-31',
  'server-side-fallback-2026-06-01',
  'server-side-fallback-2026-07-01',
  'skills-2025-10-02',
  'spend-limit-reads-2026-09-26',
  'structured-outputs-2025-11-13',
  // The SDK's `beta.messages.parse` sends this one although its list does not name it.
  'structured-outputs-2025-12-15',
  'task-budgets-2026-03-13',
  'telemetry-destinations-2026-08-11',
  'thinking-binding-controls-2026-08-01',
  'thinking-display-updates-2026-08-18',
  'thinking-token-count-2026-05-13',
  'token-counting-2024-11-01',
  'token-efficient-tools-2025-02-19',
  'user-profiles-2026-03-24',
  'user-profiles-2026-08-18',
  'user-profiles-2026-09-04',
  'user-profiles-billing-2026-10-01',
  'webhooks-2026-10-07',
]);

/**
 * Top-level fields that the API knows only with one of these headers. Without the header they are
 * unknown fields. With it the API would take them, the simulator does not offer them and says so.
 */
export const BETA_FIELDS: Record<string, readonly string[]> = {
  billing_policy: ['fallback-credit-2026-06-01', 'fallback-credit-2026-07-01'],
  compaction: ['compact-2026-09-04'],
  context_management: ['context-management-2025-06-27', 'compact-2026-01-12'],
  fallback_credit_token: ['fallback-credit-2026-06-01', 'fallback-credit-2026-07-01'],
  fallbacks: ['server-side-fallback-2026-06-01', 'server-side-fallback-2026-07-01'],
  mcp_servers: ['mcp-client-2025-04-04', 'mcp-client-2025-11-20', 'mcp-client-2026-09-15'],
  output_format: ['structured-outputs-2025-11-13', 'structured-outputs-2025-12-15'],
  thread: ['message-threads-2026-08-12'],
};
