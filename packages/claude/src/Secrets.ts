/**
 * What the library takes for a secret, and how it takes secrets out of texts: for packages that record or log what the
 * client sends.
 *
 * **Details**
 *
 * A secret of eight characters or more is found wherever it stands: as it is, escaped in JSON (`\/`, `\u003d`), in a URL
 * (`%2F`), in HTML (`&#x3D;`), and in base64, alone or in the middle of another text. A shorter one would match by
 * chance: it is taken out where the name of its header, query parameter or field says that it is one.
 *
 * **Example** (Cleaning a text of one's own)
 *
 * ```ts
 * import { Redacted } from "effect"
 * import { Secrets } from "effect-claude"
 *
 * const secrets = Secrets.make([Redacted.make("sk-ant-0123456789")])
 *
 * export const text = secrets.scrub("Authorization: Bearer sk-ant-0123456789") // => "Authorization: Bearer <redacted>"
 * ```
 *
 * @stability experimental
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"
import { givenIn } from "./internal/secrets/given.ts"
import * as names from "./internal/secrets/names.ts"
import { placeholder as redacted, Scrubber } from "./internal/secrets/scrubber.ts"

/**
 * What stands in the place of a secret: `<redacted>`.
 *
 * @category constants
 * @since 0.1.0
 */
export const placeholder: string = redacted

/**
 * The place of a secret in a text: its first character, and the one behind its last.
 *
 * @category models
 * @since 0.1.0
 */
export type Span = names.Span

/**
 * Known secrets. Those that are learned count from then on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Secrets {
  readonly learn: (secret: string) => void
  /** Takes the header with this name for a secret from now on, whatever its name says. */
  readonly learnHeaderName: (name: string) => void
  /** Learns the credentials that headers carry, with and without their scheme, and the values of cookies. */
  readonly learnHeaders: (headers: Headers) => void
  /** Learns the keys in the query of a URL. */
  readonly learnUrl: (url: string) => void
  /** Learns the secret fields of a body: JSON, or the fields of a form as in a query. */
  readonly learnBody: (body: string) => void
  /** The places of secrets in a text, in order: known ones, and the values of secret fields and query parameters. */
  readonly find: (text: string) => ReadonlyArray<Span>
  /** The text without what `find` finds. */
  readonly scrub: (text: string) => string
}

/**
 * Begins with secrets that are known. All that it learns counts for ever.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (known: Iterable<Redacted.Redacted> = []): Secrets => {
  const scrubber = new Scrubber(Array.from(known, Redacted.value), Infinity)
  return {
    learn: scrubber.learn,
    learnHeaderName: (name) => scrubber.learnHeaderName(name),
    learnHeaders: (headers) => scrubber.learnHeaders(headers),
    learnUrl: (url) => scrubber.learnUrl(url),
    learnBody: (body) => scrubber.learnBody(body),
    find: (text) => scrubber.find(text),
    scrub: scrubber.scrub
  }
}

/**
 * Whether a header with this name, in whatever case, holds a credential or a cookie: `authorization`, `x-gateway-token`.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isSecretHeader: (name: string) => boolean = names.isSecretHeader

/**
 * Whether a query parameter with this name holds a key: `api_key`, `sig`.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isSecretParameter: (name: string) => boolean = names.isSecretParameter

/**
 * Whether a field of a body with this name holds a secret, if it holds a text: `signing_secret`, `access_token`. The SDK's
 * types say which.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isSecretField: (name: string) => boolean = names.isSecretField

/**
 * The names, in lower case, of the headers that were given as `Redacted`, by the options that a client of this library
 * hands to its `fetch`: for a `fetch` that records or shows requests. Other options name none.
 *
 * @category getters
 * @since 0.1.0
 */
export const givenHeaders: (init: RequestInit | undefined) => ReadonlySet<string> = givenIn
