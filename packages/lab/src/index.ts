/**
 * Runs a retry policy against a scenario, in virtual time.
 *
 * @since 0.1.0
 */
export * as Lab from "./Lab.ts"

/**
 * Retry policies by name.
 *
 * @since 0.1.0
 */
export * as Policy from "./Policy.ts"

/**
 * What came of it, for people.
 *
 * @since 0.1.0
 */
export * as Report from "./Report.ts"

/**
 * What a crowd of clients meets.
 *
 * @since 0.1.0
 */
export * as Scenario from "./Scenario.ts"

/**
 * What a server does with a call.
 *
 * @since 0.1.0
 */
export * as Server from "./Server.ts"
