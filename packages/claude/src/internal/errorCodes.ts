/** The documented error codes: their tags, and what they say beside their status. */
import { codeFacts, reasonTags } from "../generated/reasons.ts"
import type { Outcome } from "./status.ts"

/** What an error code says beside its status. What is left out is as the status says. */
export interface CodeFacts {
  /** Whether the request ran. */
  readonly outcome?: Outcome
  /** Whether the same request would plausibly succeed later. */
  readonly retryable?: boolean
  /** Whether sending the request again repeats nothing that it did, whatever the method is. */
  readonly repeatable?: boolean
}

export interface ErrorCode extends CodeFacts {
  /** The HTTP status. */
  readonly status: number
  /** The code in `error.details.error_code`. */
  readonly errorCode: string
}

const tags: ReadonlyMap<string, string> = new Map(Object.entries(reasonTags))

const facts: ReadonlyMap<string, CodeFacts> = new Map<string, CodeFacts>(Object.entries(codeFacts))

/** The tag of the SDK's class for an error code, if it has one under that status. */
export const reasonTag = (status: number, code: string): string | undefined => tags.get(`${status} ${code}`)

/** What an error code says. A code that this version does not know leaves the outcome open where the server failed. */
export const factsOf = (status: number, code: string | undefined): CodeFacts =>
  code === undefined ? {} : facts.get(`${status} ${code}`) ?? (status >= 500 ? { outcome: "unknown" } : {})

/** Every documented error code by its tag. */
export const errorCodes = (): ReadonlyMap<string, ErrorCode> =>
  new Map(
    [...tags].map(([key, tag]) => {
      const [status, errorCode = ""] = key.split(" ")
      return [tag, { status: Number(status), errorCode, ...facts.get(key) }]
    })
  )
