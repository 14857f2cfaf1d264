/** What a client is to the rest of the library. Public as `ClaudeClient`. */
import type { ClientOptions } from "@anthropic-ai/sdk"
import type { BaseAnthropic } from "@anthropic-ai/sdk/client"
import type * as Effect from "effect/Effect"
import type * as ClaudeError from "../../ClaudeError.ts"
import type * as Reason from "../../Reason.ts"

/**
 * The options that `use` hands to the SDK: they tie the request to the fiber and leave retries to you.
 *
 * @category models
 * @since 0.1.0
 */
export interface UseOptions {
  readonly signal: AbortSignal
  readonly maxRetries: 0
  readonly fetchOptions: NonNullable<ClientOptions["fetchOptions"]>
}

/**
 * The SDK's client, and a way to use it directly.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientService {
  /** The SDK's client, or one of Bedrock's, Vertex's or Foundry's packages. */
  readonly client: BaseAnthropic
  /**
   * Runs a call of the SDK that this library has no name for, with its errors in the channel and without retries. Answers are
   * read as strictly as those of methods, and in the same time; what is read as a stream is the caller's.
   *
   * Of a client whose `fetch` cannot be reached, since its `withOptions` makes no copy of it, the answers are those that the
   * SDK reads: HTML or an error under 200 is a success there, and a body that stalls is waited for.
   */
  readonly use: <A>(
    f: (client: BaseAnthropic, options: UseOptions) => PromiseLike<A>
  ) => Effect.Effect<A, ClaudeError.CallError<Reason.Coded>>
}
