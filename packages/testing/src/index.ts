/**
 * What goes wrong with a request to the simulated API.
 *
 * @since 0.1.0
 */
export * as Fault from "./Fault.ts"

/**
 * Faults by rule, by chance and by the clock.
 *
 * @since 0.1.0
 */
export * as Scenario from "./Scenario.ts"

/**
 * Canned answers by rule.
 *
 * @since 0.1.0
 */
export * as Replies from "./Replies.ts"

/**
 * A simulated Claude API.
 *
 * @since 0.1.0
 */
export * as Simulator from "./Simulator.ts"

/**
 * Virtual time that passes by itself.
 *
 * @since 0.1.0
 */
export * as TestTime from "./TestTime.ts"

/**
 * The Claude service with answers of your choice.
 *
 * @since 0.1.0
 */
export * as TestClaude from "./TestClaude.ts"

/**
 * Real exchanges, recorded once and replayed for ever.
 *
 * @since 0.1.0
 */
export * as Cassette from "./Cassette.ts"
