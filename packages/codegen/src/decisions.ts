/**
 * What error codes say about the outcome and about retrying. The SDK documents it in words only, so people have to decide:
 * read the doc comment of the code's class, and that of the methods that document it.
 *
 * A code without a row means what its status means. A code with a 5xx status needs a row with an `outcome`: the generator
 * stops at one that has none.
 */
import type { ErrorCode } from "./model.ts"

export interface Decision {
  /** Whether the request ran. Default: what the status says. */
  readonly outcome?: "not-executed" | "executed" | "unknown"
  /** Whether the same request would plausibly succeed later. Default: what the status says. */
  readonly retryable?: boolean
  /** Sending the request again repeats nothing that it did, whatever the method is. */
  readonly repeatable?: true
}

/** By status and error code. */
export type Decisions = Readonly<Record<string, Decision>>

export const decisions: Decisions = {
  // "The request set the channel up, and `settings` was then refused. The channel stays set up."
  "400 slack_channel_set_up_settings_refused": { outcome: "executed" },
  // "This delete didn't erase it. On `draining` storage this delete may have started a removal that can't be undone."
  "400 external_storage_in_use": { outcome: "unknown" },
  // "The request was refused. Wait a moment, then send the request again."
  "400 external_key_validation_timed_out": { outcome: "not-executed", retryable: true },
  // "The request had set the channel up by then. The channel stays set up."
  "404 slack_channel_set_up_environment_not_found": { outcome: "executed" },
  // A name or a bucket that is taken stays taken.
  "409 plugin_name_taken": { retryable: false },
  "409 skill_name_taken": { retryable: false },
  "409 storage_already_registered": { retryable: false },
  "409 storage_in_use": { retryable: false },
  // "Another organization has data controls turned on for this project. The message says how long to wait."
  "409 gcp_project_controlled_by_another_organization": { retryable: false },
  // The state of a key does not pass by itself.
  "409 skill_read_blocked_undecryptable": { retryable: false },
  // "The request set the channel up, and something else then changed the channel or removed it."
  "409 slack_channel_set_up_settings_conflict": { outcome: "executed", retryable: false },
  // "The Workspace was archived, but External Storage is still attached. Archive it again as another caller."
  "409 storage_attached_during_archive": { outcome: "executed", retryable: false },
  // "Read the Workspace and send the request again if you still want the change."
  "409 storage_changed_concurrently": { retryable: false },
  // The same, and "the message says which of this request's other changes are in place".
  "409 workspace_changed_concurrently": { outcome: "unknown", retryable: false },
  // Spend limits end with a payment or a new month, not with waiting.
  "429 contract_spend_limit_reached": { retryable: false },
  "429 enforced_spend_limit_reached": { retryable: false },
  // "One of the organization's approvals could not be read right now, so nothing was done."
  "503 authorization_check_unavailable": { outcome: "not-executed" },
  // "Some changes may have been saved. Send the same request again; changes already saved aren't repeated."
  "503 change_outcome_unknown": { outcome: "unknown", repeatable: true },
  // "The encryption settings could not be read, so the request was refused. Retry in a few minutes."
  "503 cmek_context_unavailable": { outcome: "not-executed" },
  // Without the key, nothing can be read or stored. "Retry the request."
  "503 cmek_key_unreachable": { outcome: "not-executed" },
  // "The Plugin and its version were stored. Do not retry the create."
  "503 registration_pending": { outcome: "executed", retryable: false },
  // "The Workspace was created. Don't send the create again."
  "503 workspace_created_incomplete": { outcome: "executed", retryable: false },
  // "The compaction could not be completed for a transient server reason. Retry the request."
  "529 compaction_unavailable": { outcome: "unknown" }
}

/**
 * Writes that the API's own words call safe to send again, whatever became of the first: what they did is not done twice.
 * Twins in beta share a row. Reads and messages need none.
 */
export const repeatableWrites: ReadonlySet<string> = new Set([
  // "A write that returns `503` may have applied. Retrying it is safe."
  "organization.claudeCode.managedSettings.configuration.update",
  "organization.claudeCode.managedSettings.rbacGroupDefault.update",
  "organization.claudeCode.managedSettings.rbacGroups.delete",
  "organization.claudeCode.managedSettings.rbacGroups.set",
  // "The write is safe to repeat: wait a second or two, then send it again."
  "organization.plugins.installationSettings.set",
  // "If the request returns `503`, send it again to finish; anything already ended stays ended."
  "organization.users.signOut",
  // "Idempotent; re-archiving returns the issuer with its original `archived_at`."
  "organization.federation.issuers.archive",
  "organization.federation.rules.archive",
  "organization.serviceAccounts.archive",
  // "Idempotent; re-enabling returns the existing enablement", and "succeeds even if it was already removed".
  "organization.federation.rules.workspaces.add",
  "organization.federation.rules.workspaces.remove",
  // "Removal is idempotent (returns 200 even if the membership was already removed)."
  "organization.serviceAccounts.workspaces.remove",
  "organization.workspaces.serviceAccounts.remove"
])

const keyOf = ({ errorCode, status }: ErrorCode): string => `${status} ${errorCode}`

/** Where people decide. */
const file = "packages/codegen/src/decisions.ts"

/** What is wrong with the decisions for these codes, in words for people. Nothing where all is decided. */
export const undecided = (codes: ReadonlyArray<ErrorCode>, table: Decisions): ReadonlyArray<string> => {
  const known = new Set(codes.map(keyOf))
  return [
    ...codes.filter((code) => code.status >= 500 && table[keyOf(code)]?.outcome === undefined).map((code) =>
      `"${
        keyOf(code)
      }" needs a row in ${file}: did the request run (\`outcome\`), may it be sent again (\`retryable\`, ` +
      `\`repeatable\`)? Read the doc comment of ${code.tag} in ${code.module ?? "the SDK"}.`
    ),
    ...Object.keys(table).filter((key) => !known.has(key)).map((key) =>
      `"${key}" in ${file} is not an error code of the SDK. Remove its row, or correct it.`
    )
  ]
}
