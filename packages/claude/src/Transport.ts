/**
 * The `fetch` that clients made here use.
 *
 * **Details**
 *
 * {@link Transport} is a reference: `undefined` means the global `fetch`. Every layer that makes a client reads it, so a
 * connection pool, a proxy or a test can be provided from outside. The `fetch` option of a client wins over it. A client that
 * you bring (`ClaudeClient.layerSdk`) keeps its own.
 *
 * **Example** (A transport of your own)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { Claude, Transport } from "effect-claude"
 *
 * const logged: Transport.Fetch = (input, init) => {
 *   console.log(init?.method, String(input))
 *   return fetch(input, init)
 * }
 *
 * export const ClaudeLive = Claude.layerConfig().pipe(Layer.provide(Transport.layer(logged)))
 * ```
 *
 * @since 0.1.0
 */
import type { ClientOptions } from "@anthropic-ai/sdk"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/**
 * A `fetch` function, as the SDK takes it.
 *
 * @category models
 * @stability experimental
 * @since 0.1.0
 */
export type Fetch = NonNullable<ClientOptions["fetch"]>

/**
 * The `fetch` of clients made here. Default: the global one.
 *
 * @category references
 * @stability experimental
 * @since 0.1.0
 */
export const Transport: Context.Reference<Fetch | undefined> = Context.Reference<Fetch | undefined>(
  "effect-claude/Transport",
  { defaultValue: () => undefined }
)

/**
 * Provides a `fetch` to every layer that makes a client.
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layer = (fetch: Fetch): Layer.Layer<never> => Layer.succeed(Transport, fetch)
