/** What a journal keeps to itself. */
import { givenHeaders, isSecretField, isSecretHeader, isSecretParameter, placeholder } from "effect-claude/Secrets"
import type { JournalEntry } from "./journal.ts"

type Described = Pick<JournalEntry, "body" | "headers" | "query">

const given = new WeakMap<object, ReadonlySet<string>>()

const none: ReadonlySet<string> = new Set()

/** Notes which headers of a request were given as secrets, where the client that sends it tells. */
export const noteGiven = (request: Request, init: RequestInit | undefined): void => {
  given.set(request, givenHeaders(init))
}

/** Those headers of the request. What comes over a socket tells nothing. */
export const givenOf = (source: object): ReadonlySet<string> => given.get(source) ?? none

/** Shows which credentials came, and how, but not their values. `secretHeaders` are hidden beside those known as secret. */
export const hideSecrets = <A extends Described>(request: A, secretHeaders: ReadonlySet<string>): A => ({
  ...request,
  headers: Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      isSecretHeader(name) || secretHeaders.has(name)
        ? value.replace(/^(bearer +|basic +)?[^]*$/i, `$1${placeholder}`)
        : value
    ])
  ),
  query: Object.fromEntries(
    Object.entries(request.query).map(([name, value]) => [name, isSecretParameter(name) ? placeholder : value])
  ),
  body: hideFields(request.body)
})

/** Bodies are not nested more deeply than can be walked: `request.ts` refuses such. The same value where nothing is hidden. */
const hideFields = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(hideFields)
    return items.every((item, index) => item === value[index]) ? value : items
  }
  const fields = Object.entries(value)
  const hidden = fields.map(([name, field]) => [
    name,
    typeof field === "string" && field !== "" && isSecretField(name) ? placeholder : hideFields(field)
  ])
  return hidden.every(([, field], index) => field === fields[index]?.[1]) ? value : Object.fromEntries(hidden)
}
