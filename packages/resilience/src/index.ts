/**
 * Rate limits, fallback, circuit breaker, budgets and bulkhead for Claude API calls.
 *
 * @since 0.1.0
 */
export * as Budget from "./Budget.ts"
export * as Bulkhead from "./Bulkhead.ts"
export * as CircuitBreaker from "./CircuitBreaker.ts"
export * as Fallback from "./Fallback.ts"
export * as RateLimits from "./RateLimits.ts"
export * as Resilience from "./Resilience.ts"
export * as Stores from "./Stores.ts"
export * as Tokens from "./Tokens.ts"
