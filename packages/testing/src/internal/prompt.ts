/** A prompt in the parts that the prompt cache knows, and how many tokens each has. */
import * as Predicate from "effect/Predicate"
import * as Text from "./text.ts"

export interface Prompt {
  readonly messages: ReadonlyArray<{ readonly content: string | ReadonlyArray<unknown> }>
  readonly system?: string | ReadonlyArray<unknown> | undefined
  readonly tools?: ReadonlyArray<unknown> | null | undefined
}

// Tokens of what is no text, whatever its size.
const tokensOfImage = 1600
const tokensOfFile = 2000

const tokensPerMessage = 4

/** The same estimate for token counting as for the usage of a message. */
export const tokensOf = (json: unknown): number => {
  if (typeof json === "string") return Text.countTokens(json)
  if (typeof json !== "object" || json === null) return 0
  if (Predicate.hasProperty(json, "type")) {
    if (json.type === "image") return tokensOfImage
    if (json.type === "base64" || json.type === "url" || json.type === "file") return tokensOfFile
  }
  return Object.entries(json).reduce<number>(
    (total, [name, value]) => name === "cache_control" ? total : total + tokensOf(value),
    0
  )
}

const blocksOf = (content: string | ReadonlyArray<unknown> | undefined): ReadonlyArray<unknown> =>
  typeof content === "string" ? [content] : content ?? []

/** What can be cached up to, in the order in which the API reads it. */
export const parts = ({ messages, system, tools }: Prompt): ReadonlyArray<unknown> => [
  ...tools ?? [],
  ...blocksOf(system),
  ...messages.flatMap(({ content }) => blocksOf(content))
]

export const inputTokens = (prompt: Prompt): number =>
  parts(prompt).reduce<number>((total, part) => total + tokensOf(part), 0) + tokensPerMessage * prompt.messages.length
