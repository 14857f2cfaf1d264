/** Tells a `fetch` that records or shows requests which of their headers were given as secrets. */

/** Shared by copies of this package. */
const mark = Symbol.for("effect-claude/secretHeaders")

/** Names in lower case, to go among the options of `fetch`, which ignores them. */
export const withGiven = (names: ReadonlySet<string>): object => names.size === 0 ? {} : { [mark]: names }

const none: ReadonlySet<string> = new Set()

export const givenIn = (init: object | undefined): ReadonlySet<string> => {
  const names: unknown = init === undefined ? undefined : Reflect.get(init, mark)
  return names instanceof Set ? names : none
}
