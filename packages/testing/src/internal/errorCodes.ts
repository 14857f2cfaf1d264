/** The API's documented error codes, by the names of the SDK's classes for them. */
import { reasonTags } from "effect-claude/generated/reasons"

export interface ErrorCode {
  readonly status: number
  readonly code: string
}

// As in effect-claude, which reads the same table the other way round: `CMEKKeyDisabled` is `cmek_key_disabled`.
const snakeCase = (name: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/([A-Z])([A-Z][a-z])/g, "$1_$2").toLowerCase()

export const errorCodes: ReadonlyMap<string, ErrorCode> = new Map(
  Object.entries(reasonTags).flatMap(([status, words]) =>
    words.trim().split(/\s+/).map((word) => {
      const [name = "", code = snakeCase(name.replace(/^Beta/, ""))] = word.split("=")
      return [`${name}Error`, { status: Number(status), code }] as const
    })
  )
)
