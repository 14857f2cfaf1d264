/** Reads `Config`s one by one, so that every problem is reported and not only the first. */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as SchemaIssue from "effect/SchemaIssue"

/** Collects what could not be read. */
export interface Report {
  readonly problems: Array<string>
  /** The names of the options that have no value because of a problem. */
  readonly failed: Set<string>
}

export const makeReport = (): Report => ({ problems: [], failed: new Set() })

/** The value of a `Config`, or `undefined` and a line in the report. */
export const readConfig = Effect.fnUntraced(function*<A>(config: Config.Config<A>, option: string, report: Report) {
  const provider = yield* ConfigProvider.ConfigProvider
  const result = yield* Effect.result(config.parse(provider))
  if (Result.isSuccess(result)) return result.success
  const again = yield* Effect.result(Config.option(config).parse(provider))
  const isAbsent = Result.isSuccess(again) && Option.isNone(again.success)
  report.problems.push(describe(option, result.failure, isAbsent))
  report.failed.add(option)
  return undefined
})

const describe = (option: string, { cause }: Config.ConfigError, isAbsent: boolean): string => {
  // Of the source as a whole: said once, however many settings it stands in the way of.
  if (cause._tag === "SourceError") return `The settings could not be read: ${cause.message}`
  const names = namesIn(cause.issue).join(", ")
  if (isAbsent && names !== "") return `${names} is missing, which ${option} is read from. Set it.`
  const [message = ""] = cause.message.split("\n")
  return names === "" || names === option ? `${option}: ${message}` : `${option}: ${names}: ${message}`
}

/** Where a `Config` looked, written as a variable. */
const namesIn = (issue: SchemaIssue.Issue, path: ReadonlyArray<PropertyKey> = []): ReadonlyArray<string> => {
  switch (issue._tag) {
    case "Pointer":
      return namesIn(issue.issue, [...path, ...issue.path])
    case "Filter":
    case "Encoding":
      return namesIn(issue.issue, path)
    case "Composite":
      return [...new Set(issue.issues.flatMap((inner) => namesIn(inner, path)))]
    default:
      return path.length === 0 ? [] : [path.map(String).join("_")]
  }
}

/** The fields of a record, those that are a `Config` read. `undefined` is left out. */
export const readFields = Effect.fnUntraced(function*(record: object, report: Report, prefix = "") {
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(record)) {
    const value: unknown = Config.isConfig(field) ? yield* readConfig(field, `${prefix}${name}`, report) : field
    if (value !== undefined) values[name] = value
  }
  return values
})
