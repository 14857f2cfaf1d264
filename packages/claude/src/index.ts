/**
 * Claude API calls as `Effect` values.
 *
 * @since 0.1.0
 */
export * as Claude from "./Claude.ts"
export * as ClaudeClient from "./ClaudeClient.ts"
export * as ClaudeConfig from "./ClaudeConfig.ts"
export * as ClaudeError from "./ClaudeError.ts"
export * as ClaudeLogger from "./ClaudeLogger.ts"
export * as Interceptor from "./Interceptor.ts"
export * as MessageStream from "./MessageStream.ts"
export * as Operation from "./Operation.ts"
export * as Prices from "./Prices.ts"
export * as Reason from "./Reason.ts"
export * as RetryPolicy from "./RetryPolicy.ts"
export * as Secrets from "./Secrets.ts"
export * as StructuredOutput from "./StructuredOutput.ts"
export * as Transport from "./Transport.ts"
export * as Usage from "./Usage.ts"
