/** The models that the simulated API knows. */
import * as Option from "effect/Option"

export interface CapabilitySupport {
  readonly supported: boolean
}

/** The SDK's `ModelInfo`. */
export interface ModelInfo {
  readonly type: "model"
  readonly id: string
  readonly display_name: string
  readonly created_at: string
  readonly lifecycle: "active" | "deprecated" | "retired"
  readonly deprecated_at: string | null
  readonly retires_at: string | null
  readonly line: "haiku" | "sonnet" | "opus" | "fable" | "mythos" | null
  readonly max_input_tokens: number | null
  readonly max_tokens: number | null
  readonly capabilities: typeof capabilities | null
}

const yes: CapabilitySupport = { supported: true }
const no: CapabilitySupport = { supported: false }

const capabilities = {
  batch: yes,
  citations: yes,
  code_execution: yes,
  context_management: {
    supported: true,
    clear_thinking_20251015: yes,
    clear_tool_uses_20250919: yes,
    compact_20260112: yes
  },
  effort: { supported: true, low: yes, medium: yes, high: yes, xhigh: yes, max: yes },
  image_input: yes,
  pdf_input: yes,
  server_tools: { supported: true, code_execution: yes, web_search: yes },
  structured_outputs: yes,
  thinking: { supported: true, types: { adaptive: yes, between_tools: no, disabled: yes, enabled: yes } }
}

/**
 * A model of the simulated API; all but the id has a default.
 *
 * @category models
 * @since 0.1.0
 */
export type Model = Partial<ModelInfo> & Pick<ModelInfo, "id">

/** A model from as little as its id. */
export const complete = (model: Model): ModelInfo => ({
  type: "model",
  display_name: model.id,
  created_at: "2026-10-01T00:00:00Z",
  lifecycle: "active",
  deprecated_at: null,
  retires_at: null,
  line: null,
  max_input_tokens: 1_000_000,
  max_tokens: 128_000,
  capabilities,
  ...model
})

/** Newest first, as the API lists them. */
export const defaults: ReadonlyArray<ModelInfo> = [
  { id: "claude-opus-5-5", display_name: "Claude Opus 5.5", line: "opus" as const, created_at: "2026-10-20T00:00:00Z" },
  {
    id: "claude-sonnet-5-5",
    display_name: "Claude Sonnet 5.5",
    line: "sonnet" as const,
    created_at: "2026-10-06T00:00:00Z"
  },
  {
    id: "claude-haiku-5-5",
    display_name: "Claude Haiku 5.5",
    line: "haiku" as const,
    created_at: "2026-09-22T00:00:00Z",
    max_tokens: 64_000
  },
  { id: "claude-opus-5", display_name: "Claude Opus 5", line: "opus" as const, created_at: "2026-06-16T00:00:00Z" },
  {
    id: "claude-sonnet-4-5",
    display_name: "Claude Sonnet 4.5",
    line: "sonnet" as const,
    created_at: "2025-09-29T00:00:00Z",
    max_input_tokens: 200_000,
    max_tokens: 64_000,
    lifecycle: "deprecated" as const,
    deprecated_at: "2026-05-30T00:00:00Z",
    retires_at: "2026-11-30T00:00:00Z"
  }
].map(complete)

export interface Page<A> {
  readonly data: ReadonlyArray<A>
  readonly has_more: boolean
  readonly first_id: string | null
  readonly last_id: string | null
}

export interface PageRequest {
  readonly limit: number
  readonly afterId: Option.Option<string>
  readonly beforeId: Option.Option<string>
}

/** One page of a list, or nothing where a cursor is not in the list. */
export const page = <A extends { readonly id: string }>(
  items: ReadonlyArray<A>,
  { afterId, beforeId, limit }: PageRequest
): Option.Option<Page<A>> => {
  const indexOf = (id: string) => items.findIndex((item) => item.id === id)
  const after = Option.match(afterId, { onNone: () => -1, onSome: indexOf })
  const before = Option.match(beforeId, { onNone: () => items.length, onSome: indexOf })
  if ((Option.isSome(afterId) && after < 0) || before < 0) return Option.none()
  // Backwards, a page is the one next to its cursor, still in the order of the list.
  const from = Option.isSome(beforeId) ? Math.max(before - limit, after + 1) : after + 1
  const to = Option.isSome(beforeId) ? before : Math.min(from + limit, before)
  const data = items.slice(from, to)
  return Option.some({
    data,
    has_more: Option.isSome(beforeId) ? from > after + 1 : to < before,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null
  })
}
