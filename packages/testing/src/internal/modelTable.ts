/**
 * What each model takes, and who says so. A cell without a source of its own is from the page of its column. What is
 * `unknown` refuses nothing.
 */
import type { ids } from "./generated/models.ts"

export const thinkingTypes = ["adaptive", "between_tools", "disabled", "enabled"] as const

type ThinkingType = (typeof thinkingTypes)[number]

/** Least first. */
export const efforts = ["low", "medium", "high", "xhigh", "max"] as const

export type Effort = (typeof efforts)[number]

export const lines = ["haiku", "sonnet", "opus", "fable", "mythos"] as const

/** A value from another source than the page of its column. */
interface Sourced<A> {
  readonly source: string
  readonly value: A
}

/** Nobody says. */
export const unknown = { source: "unknown", value: undefined } as const

type Cell<A> = A | Sourced<A> | typeof unknown

/** What is known of one model. */
export interface Row {
  /** The day it came out. */
  readonly released: Cell<string>
  /** Tokens in and out. */
  readonly contextWindow: Cell<number>
  readonly maxTokens: Cell<number>
  readonly thinking: Cell<ReadonlyArray<ThinkingType>>
  readonly effort: Cell<ReadonlyArray<Effort>>
  /** The most effort where a request turns thinking off. */
  readonly effortWithoutThinking: Cell<Effort>
  /** `default`: no `temperature`, `top_p` or `top_k` but the API's own. `one`: `temperature` or `top_p`, not both. */
  readonly sampling: Cell<"default" | "one">
  /** May a request end with an assistant's turn? */
  readonly prefill: Cell<boolean>
  /** May `tool_choice` be `any` or `tool`? */
  readonly forcedToolChoice: Cell<boolean>
  readonly structuredOutputs: Cell<boolean>
  /** Types of tools that it no longer takes. */
  readonly refusedTools: Cell<ReadonlyArray<string>>
}

export type Column = keyof Row

const docs = "https://platform.claude.com/docs/en"

/** What Anthropic tells agents of its API. */
const skill = "https://github.com/anthropics/skills/tree/main/skills/claude-api"

/** Where the cells of a column are from. */
export const pages: Readonly<Record<Column, string>> = {
  released: "announcements",
  contextWindow: `${docs}/models/overview`,
  maxTokens: `${docs}/models/overview`,
  thinking: `${docs}/build-with-claude/thinking-troubleshooting`,
  effort: `${docs}/build-with-claude/effort`,
  effortWithoutThinking: `${docs}/build-with-claude/thinking-troubleshooting`,
  sampling: `${skill}/references/thinking-effort.md`,
  prefill: `${skill}/references/models.md`,
  forcedToolChoice: `${docs}/agents-and-tools/tool-use/define-tools`,
  structuredOutputs: `${docs}/build-with-claude/structured-outputs`,
  refusedTools: `${docs}/agents-and-tools/tool-use/computer-use-tool`
}

const from = (page: string) => <const A>(value: A): Sourced<A> => ({ source: `${docs}/${page}`, value })

/** What clients have seen the API answer, where no page says it. */
const seen = <const A>(value: A): Sourced<A> => ({ source: "answers of the API in public bug reports", value })

/** What others say the documentation says. */
const quoted = <const A>(value: A): Sourced<A> => ({ source: "the documentation, as others quote it", value })

const fable51 = from("models/fable-5-1/migration-guide")
// It says what changes from Claude Fable 5.1: what it does not name stays.
const fable52 = from("models/fable-5-2/whats-new-fable-5-2")
const opus55 = from("models/opus-5-5/whats-new-opus-5-5")
const sonnet55 = from("models/sonnet-5-5/whats-new-sonnet-5-5")

/** Claude 4.5: thinks where it is given a budget. */
const generation45: Omit<Row, "released" | "effort"> = {
  contextWindow: 200_000,
  maxTokens: 64_000,
  thinking: ["disabled", "enabled"],
  effortWithoutThinking: unknown,
  sampling: seen("one"),
  prefill: true,
  forcedToolChoice: true,
  structuredOutputs: true,
  refusedTools: unknown
}

/** Claude 4.6: decides itself how much to think, or is given a budget. */
const generation46: Omit<Row, "released"> = {
  ...generation45,
  contextWindow: 1_000_000,
  maxTokens: 128_000,
  thinking: ["adaptive", "disabled", "enabled"],
  effort: ["low", "medium", "high", "max"],
  prefill: false
}

/** Claude 4.7 and 4.8, and Sonnet 5: no budgets and no sampling. */
const generation47: Omit<Row, "released"> = {
  ...generation46,
  thinking: ["adaptive", "disabled"],
  effort: efforts,
  sampling: "default"
}

/** Claude 5: thinks unless it is told not to. */
const generation5: Omit<Row, "released"> = { ...generation47, effortWithoutThinking: "high" }

/** Thinks always. */
const fable5: Omit<Row, "released"> = {
  ...generation47,
  thinking: ["adaptive"],
  // The pages on Fable 5.1 call its refusal new, while clients report it of Fable 5.
  forcedToolChoice: unknown
}

const rows = {
  "claude-fable-5-2": {
    ...fable5,
    released: "2026-11-09",
    thinking: fable52(["adaptive"]),
    effort: fable52(efforts),
    sampling: fable52("default"),
    forcedToolChoice: fable52(false),
    refusedTools: fable52(["computer_20251124"])
  },
  "claude-mythos-5-2": {
    ...fable5,
    released: "2026-11-09",
    thinking: fable52(["adaptive"]),
    effort: fable52(efforts),
    sampling: fable52("default"),
    forcedToolChoice: fable52(false),
    refusedTools: fable52(["computer_20251124"])
  },
  "claude-haiku-5-5": {
    ...generation5,
    released: "2026-10-07",
    sampling: quoted("default"),
    prefill: quoted(false)
  },
  "claude-sonnet-5-5": {
    ...generation5,
    released: "2026-09-28",
    thinking: ["adaptive", "between_tools"],
    sampling: quoted("default"),
    prefill: quoted(false),
    forcedToolChoice: sonnet55(false),
    refusedTools: sonnet55(["computer_20251124"])
  },
  "claude-fable-5-1": {
    ...fable5,
    released: "2026-09-01",
    sampling: quoted("default"),
    forcedToolChoice: fable51(false)
  },
  "claude-opus-5-5": {
    ...generation5,
    released: "2026-09-22",
    thinking: ["adaptive"],
    sampling: quoted("default"),
    prefill: quoted(false),
    forcedToolChoice: opus55(false),
    refusedTools: opus55(["computer_20251124"])
  },
  "claude-mythos-5-1": {
    ...fable5,
    released: "2026-09-01",
    sampling: quoted("default"),
    forcedToolChoice: fable51(false)
  },
  "claude-sonnet-5": { ...generation47, released: unknown },
  "claude-fable-5": { ...fable5, released: "2026-06-09" },
  "claude-mythos-5": { ...fable5, released: "2026-06-09" },
  "claude-opus-5": { ...generation5, released: "2026-07-24" },
  "claude-opus-4-8": { ...generation47, released: unknown },
  "claude-opus-4-7": { ...generation47, released: "2026-04-16" },
  "claude-mythos-preview": {
    ...generation46,
    released: unknown,
    contextWindow: unknown,
    maxTokens: unknown,
    thinking: ["adaptive", "enabled"],
    sampling: quoted("default"),
    prefill: unknown,
    forcedToolChoice: unknown,
    structuredOutputs: unknown
  },
  "claude-opus-4-6": { ...generation46, released: "2026-02-05", sampling: unknown },
  "claude-sonnet-4-6": { ...generation46, released: "2026-02-17" },
  "claude-haiku-4-5": { ...generation45, released: "2025-10-15", effort: seen([]) },
  "claude-opus-4-5": { ...generation45, released: "2025-11-24", effort: ["low", "medium", "high"] },
  "claude-sonnet-4-5": { ...generation45, released: "2025-09-29", effort: seen([]) }
} as const satisfies Readonly<Record<Undated, Row>>

/** An id without the day of a snapshot in it. A model that the SDK's types name and this table lacks does not compile. */
type Undated = Exclude<(typeof ids)[number], `${string}-20${string}`>

/** By undated id. */
export const table: Readonly<Record<string, Row>> = rows

const isSourced = <A>(cell: Cell<A>): cell is Sourced<A> | typeof unknown =>
  typeof cell === "object" && cell !== null && "source" in cell

/** What a cell says, or undefined where nobody says. */
const valueOf = <A>(cell: Cell<A>): A | undefined => isSourced(cell) ? cell.value : cell

/** Who says it. */
export const sourceOf = (row: Row, column: Column): string => {
  const cell: Cell<unknown> = row[column]
  return isSourced(cell) ? cell.source : pages[column]
}

/** What a model takes, whether anybody says so or not. */
export interface Facts {
  readonly isKnown: boolean
  readonly released: string
  readonly contextWindow: number | null
  readonly maxTokens: number | null
  readonly thinking: ReadonlyArray<ThinkingType>
  readonly effort: ReadonlyArray<Effort>
  readonly structuredOutputs: boolean
  readonly rules: {
    readonly effortWithoutThinking: Effort
    readonly sampling: "any" | "one" | "default"
    readonly prefill: boolean
    readonly forcedToolChoice: boolean
    readonly refusedTools: ReadonlyArray<string>
  }
}

/** Of a model by its undated id; what nobody says refuses nothing. */
export const factsOf = (undated: string): Facts => {
  const row: Partial<Row> = table[undated] ?? {}
  const value = <A>(cell: Cell<A> | undefined): A | undefined => cell === undefined ? undefined : valueOf(cell)
  return {
    isKnown: undated in table,
    // The API says this of a model whose day it does not know.
    released: value(row.released) ?? "1970-01-01",
    contextWindow: value(row.contextWindow) ?? null,
    maxTokens: value(row.maxTokens) ?? null,
    thinking: value(row.thinking) ?? thinkingTypes,
    effort: value(row.effort) ?? efforts,
    structuredOutputs: value(row.structuredOutputs) ?? true,
    rules: {
      effortWithoutThinking: value(row.effortWithoutThinking) ?? "max",
      sampling: value(row.sampling) ?? "any",
      prefill: value(row.prefill) ?? true,
      forcedToolChoice: value(row.forcedToolChoice) ?? true,
      refusedTools: value(row.refusedTools) ?? []
    }
  }
}
