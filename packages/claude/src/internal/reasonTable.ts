/** The documented error codes, from their compact form. */
import { reasonTags } from "../generated/reasons.ts"

interface Row {
  readonly tag: string
  readonly status: number
  readonly errorCode: string
}

interface Table {
  readonly rows: ReadonlyArray<Row>
  /** By status and error code. */
  readonly byCode: ReadonlyMap<string, string>
}

let table: Table | undefined

const read = (): Table => {
  const rows = Object.entries(reasonTags).flatMap(([status, words]) =>
    words.trim().split(/\s+/).map((word): Row => {
      const [name = "", errorCode = snakeCase(name.replace(/^Beta/, ""))] = word.split("=")
      return { tag: `${name}Error`, status: Number(status), errorCode }
    })
  )
  return { rows, byCode: new Map(rows.map(({ errorCode, status, tag }) => [`${status} ${errorCode}`, tag])) }
}

/** Every documented error code. */
export const reasonRows = (): ReadonlyArray<Row> => (table ??= read()).rows

/** `CMEKKeyDisabled` is `cmek_key_disabled`. */
export const snakeCase = (name: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/([A-Z])([A-Z][a-z])/g, "$1_$2").toLowerCase()

/** The tag of the SDK's class for an error code, if it has one under that status. */
export const reasonTag = (status: number, code: string): string | undefined =>
  (table ??= read()).byCode.get(`${status} ${code}`)
