/** The documented error codes, from their compact form. */
import { reasonTags } from "../generated/reasons.ts"

interface Table {
  /** By place, as the sets of the operation table count them. */
  readonly tags: ReadonlyArray<string>
  /** By status and error code. */
  readonly byCode: ReadonlyMap<string, string>
}

let table: Table | undefined

const read = (): Table => {
  const rows = Object.entries(reasonTags).flatMap(([status, words]) =>
    words.trim().split(/\s+/).map((word) => {
      const [name = "", code = snakeCase(name.replace(/^Beta/, ""))] = word.split("=")
      return [`${status} ${code}`, `${name}Error`] as const
    })
  )
  return { tags: rows.map(([, tag]) => tag), byCode: new Map(rows) }
}

/** `CMEKKeyDisabled` is `cmek_key_disabled`. */
export const snakeCase = (name: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/([A-Z])([A-Z][a-z])/g, "$1_$2").toLowerCase()

/** The tag of the SDK's class for an error code, if it has one under that status. */
export const reasonTag = (status: number, code: string): string | undefined =>
  (table ??= read()).byCode.get(`${status} ${code}`)

/** The tags at these places of the table. */
export const reasonsAt = (places: string): ReadonlyArray<string> => {
  const { tags } = table ??= read()
  return places.split(" ").flatMap((place) => tags[Number(place)] ?? [])
}
