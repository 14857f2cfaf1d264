/** Which beta header unlocks what: the SDK names the betas, its documentation and the API's say what they are for. */

/** The parts of a message request that need a beta, by field, type of tool or type of block: one of these headers. */
const needs: Readonly<Record<string, ReadonlyArray<string>>> = {
  advisor_20260301: ["advisor-tool-"],
  bash_20241022: ["computer-use-2024-10-22"],
  billing_policy: ["user-profiles-"],
  compaction: ["compact-"],
  computer_20241022: ["computer-use-2024-10-22"],
  computer_20250124: ["computer-use-2025-01-24"],
  computer_20251124: ["computer-use-2025-11-24"],
  context_management: ["context-management-", "compact-"],
  fallback_credit_token: ["fallback-credit-"],
  fallbacks: ["server-side-fallback-"],
  mcp_servers: ["mcp-client-"],
  mcp_toolset: ["mcp-client-"],
  task_budget: ["task-budgets-"],
  text_editor_20241022: ["computer-use-2024-10-22"],
  thread: ["message-threads-"],
  tool_addition: ["mid-conversation-tool-changes-", "inline-tools-"],
  tool_removal: ["mid-conversation-tool-changes-", "inline-tools-"]
}

/** Whether the API knows a field or a type under these betas. */
export const knows = (part: string, betas: ReadonlyArray<string>): boolean => {
  const prefixes = Object.hasOwn(needs, part) ? needs[part] : undefined
  return prefixes === undefined || betas.some((beta) => prefixes.some((prefix) => beta.startsWith(prefix)))
}
