import { type Call, callsOf } from "./calls.ts"
import type { SdkModel } from "./model.ts"

/** The documented reasons of a call in the order of the SDK's own table. */
export const reasonsOf = ({ errorCodes }: SdkModel, { errors }: Call): ReadonlyArray<string> =>
  errorCodes.map(({ tag }) => tag).filter((tag) => errors.includes(tag))

/** Calls that document the same reasons. */
export interface ReasonSet {
  readonly reasons: ReadonlyArray<string>
  /** The paths of the calls. The first of them is the set's name. */
  readonly paths: readonly [string, ...ReadonlyArray<string>]
}

/** The sets of reasons that calls document, those without any left out. */
export const reasonSets = (model: SdkModel): ReadonlyArray<ReasonSet> => {
  const documented = callsOf(model).map((call) => ({ path: call.path, reasons: reasonsOf(model, call) }))
  return groups(documented.filter(({ reasons }) => reasons.length > 0), ({ reasons }) => reasons.join())
    .flatMap(([, [first, ...more]]) =>
      first === undefined ? [] : [{ reasons: first.reasons, paths: [first.path, ...more.map(({ path }) => path)] }]
    )
}

/** In order of the first of each group. */
export const groups = <A>(
  items: ReadonlyArray<A>,
  keyOf: (item: A) => string
): ReadonlyArray<readonly [string, ReadonlyArray<A>]> => {
  const found = new Map<string, Array<A>>()
  for (const item of items) found.set(keyOf(item), [...found.get(keyOf(item)) ?? [], item])
  return [...found]
}
