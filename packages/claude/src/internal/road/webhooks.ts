/** `beta.webhooks.unwrap`: no request, and a failure of its own. */
import type { BetaWebhookEvent } from "@anthropic-ai/sdk/resources/beta/webhooks"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as ClaudeError from "../../ClaudeError.ts"
import type { Operation } from "../../Operation.ts"
import { rejected } from "../answer/failures.ts"
import { problemOfWebhook } from "../answer/shapes.ts"
import { scrubError } from "../causes.ts"
import { Attempt } from "./attempt.ts"
import type { CallEnv } from "./callData.ts"
import { NoSuchMethod, sdkMethod } from "./sdkCall.ts"

/**
 * What a webhook came with, beside its body.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnwrapOptions {
  /** The headers of the webhook's request. */
  readonly headers: Readonly<Record<string, string>>
  /** The key that the webhook is signed with. Default: `webhookKey` of the settings (`ANTHROPIC_WEBHOOK_SIGNING_KEY`). */
  readonly key?: Redacted.Redacted | undefined
}

/**
 * The event in a webhook's body, once its signature is verified and its time is within five minutes of now.
 *
 * @category models
 * @since 0.1.0
 */
export type Unwrap = (
  body: string,
  options: UnwrapOptions
) => Effect.Effect<BetaWebhookEvent, ClaudeError.WebhookVerificationError | ClaudeError.RequestRejectedError>

export const unwrapMethod = (env: CallEnv, operation: Operation): Unwrap => (body, options) =>
  Effect.flatMap(Clock.Clock, (clock): ReturnType<Unwrap> => {
    const attempt = new Attempt(env, operation, undefined, clock)
    const key = options.key ?? env.defaults.webhookKey
    if (key === undefined) return Effect.fail(noKey())
    env.secrets.learn(Redacted.value(key))
    const unwrap = sdkMethod(env, operation)
    return unwrap instanceof NoSuchMethod
      ? Effect.fail(rejected(attempt, unwrap, { reason: { _tag: "Unsupported" } }))
      : Effect.flatMap(
        Effect.try({
          try: () => unwrap(body, { headers: options.headers, key: Redacted.value(key) }),
          catch: (cause) => refused(attempt, cause)
        }),
        (event) => {
          const problem = problemOfWebhook(event)
          return problem === undefined ? Effect.succeed(event as BetaWebhookEvent) : Effect.fail(noEvent(problem))
        }
      )
  })

const noKey = (): ClaudeError.WebhookVerificationError =>
  new ClaudeError.WebhookVerificationError({
    problem: "missing-key",
    message: "There is no key to verify the webhook with. Set ANTHROPIC_WEBHOOK_SIGNING_KEY, or pass `key`."
  })

const noEvent = (problem: string): ClaudeError.WebhookVerificationError =>
  new ClaudeError.WebhookVerificationError({
    operation: "beta.webhooks.unwrap",
    problem: "malformed-body",
    message: `The webhook is signed, and its body is not an event: ${problem}`
  })

/** The signature is verified before the body is parsed. */
const refused = (attempt: Attempt, cause: unknown): ClaudeError.WebhookVerificationError =>
  new ClaudeError.WebhookVerificationError({
    problem: cause instanceof SyntaxError ? "malformed-body" : "not-verified",
    message: attempt.scrub(cause instanceof Error ? cause.message : String(cause)),
    cause: scrubError(attempt.env.scrub, cause)
  })
