/** A part of a report: one scenario. */
import type * as Policy from "../Policy.ts"
import type * as Scenario from "../Scenario.ts"
import type { Result } from "./Result.ts"

/**
 * The results of some policies in one scenario, all with the same clients.
 *
 * @category models
 * @since 0.1.0
 */
export interface Chapter {
  readonly scenario: Scenario.Scenario
  readonly policies: ReadonlyArray<Policy.Policy>
  readonly results: ReadonlyArray<Result>
}
