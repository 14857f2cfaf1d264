/** One error that lists every problem of the settings. */
import * as Config from "effect/Config"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Problems } from "./rules.ts"

/** A `SchemaError` that reads as its message: what `ConfigError.message` shows. */
class SettingsError extends Schema.SchemaError {
  override toString(): string {
    return this.message
  }
}

const issueOf = (message: string) => new SchemaIssue.InvalidValue({ message })

/** The lines of `problems` as one error, a line that stands there twice once. */
export const configError = (problems: readonly [string, ...Problems]): Config.ConfigError => {
  const [first, ...rest] = problems
  const others = [...new Set(rest)].filter((problem) => problem !== first)
  const issue = new SchemaIssue.Composite(Schema.Unknown.ast, [issueOf(first), ...others.map(issueOf)])
  return new Config.ConfigError(new SettingsError(issue))
}
