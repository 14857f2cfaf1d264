/**
 * Records real exchanges with the API once, and replays them for ever.
 *
 * **Details**
 *
 * {@link layer} gives the Claude service over the real client, whose HTTP goes through a file: what the file has an answer
 * for is replayed, what it has not is asked of the API and written down when the layer closes. Commit the file: from then
 * on the test needs no key and no network, and fails where the program asks for something else.
 *
 * | mode | a request with a recording | a request without |
 * |---|---|---|
 * | `"auto"`, the default | replayed | asked and added to the file |
 * | `"replay"`, and `"auto"` where `CI` is set | replayed | fails |
 * | `"record"` | asked, and the file made anew | the same |
 *
 * `CASSETTE_MODE` in the environment says the mode where the code says none or `"auto"`.
 *
 * A recording answers a request of the same method, path, query and body, in which the order of JSON members and of query
 * parameters does not count. Each answers once: the same request made again takes the next one. A response is replayed
 * with its status, the headers that a client looks at, and its body in the chunks in which it came; one that broke off
 * breaks off. What is lost is time: everything comes at once.
 *
 * Before anything touches the disk, keys and request ids are taken out wherever they stand, in headers, paths and bodies:
 * the credentials of each request, headers that were given as `Redacted`, the secrets of the settings, those that `secrets`
 * names, and the fields that the SDK's types name as secret. The whole file is gone through once more as it is written, so that a token of one answer that the
 * next request carries is gone from both. Where a secret would still remain, nothing is written, and the layer dies with a
 * `CassetteError` that says where.
 *
 * **Gotchas**
 *
 * - Give each test a file of its own. Layers that share one replay each from its beginning.
 * - A request without a recording fails with an `UnexpectedStatusError` that is not retried (status 424, type
 *   `missing_recording`), whose message says what differs and how to record it.
 * - A secret is found as it is, in JSON, in a URL and in base64 ({@link module:Secrets} of the core says how). What nobody
 *   named and no header carried is not known: read a new cassette before you commit it.
 * - A program that fails in mode `"record"` leaves a recording that is there as it was.
 * - A connection that failed before an answer is not recorded. A request that the client gave up before an answer (a
 *   timeout, a lost race) is: its replay never answers.
 *
 * **Example** (A test that runs anywhere)
 *
 * ```ts
 * import { Cassette } from "@effect-claude/testing"
 * import { Effect } from "effect"
 * import { Claude } from "effect-claude"
 *
 * const newest = Effect.gen(function*() {
 *   const claude = yield* Claude.Claude
 *   const { data } = yield* claude.models.listPage({ limit: 1 })
 *   return data[0]?.display_name
 * })
 *
 * export const test = Effect.provide(newest, Cassette.layer({ file: "test/cassettes/newest.json" }))
 * ```
 *
 * @since 0.1.0
 */
import * as Claude from "effect-claude/Claude"
import type * as ClaudeClient from "effect-claude/ClaudeClient"
import * as ClaudeConfig from "effect-claude/ClaudeConfig"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { fileURLToPath } from "node:url"
import * as CassetteFile from "./internal/cassetteFile.ts"
import * as CassetteSchema from "./internal/cassetteSchema.ts"
import { Deck, type Fetch } from "./internal/deck.ts"
import { Scrubber } from "./internal/scrubber.ts"

/**
 * What a cassette does with a request.
 *
 * @category models
 * @since 0.1.0
 */
export type Mode = "auto" | "record" | "replay"

/**
 * Which file, and how it is used.
 *
 * @category models
 * @since 0.1.0
 */
export interface TapeOptions {
  /** Where the recordings are. A relative path starts at the working directory. Folders are made. */
  readonly file: string | URL
  /** Default: `"auto"`. */
  readonly mode?: Mode | undefined
  /**
   * Whether a recording that was not used, or a request without one, is a defect when the layer closes. Default: `false`,
   * it is a warning. A program that failed gets neither.
   */
  readonly strict?: boolean | undefined
  /**
   * Further secrets to keep from the file. Those of fewer than eight characters would match by chance: they are taken out
   * by the names of their fields alone.
   */
  readonly secrets?: ReadonlyArray<Redacted.Redacted> | undefined
}

/**
 * A cassette, and the settings of the client that records on it. What they do not say comes from the environment.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends TapeOptions, ClaudeConfig.Options {}

/**
 * A cassette, and the `fetch` behind it.
 *
 * @category models
 * @since 0.1.0
 */
export interface FetchOptions extends TapeOptions {
  /** Where the API is: its path is left away from those in the file. Default: a base URL without a path. */
  readonly baseURL?: string | URL | undefined
  /** What asks the API. Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined
}

/**
 * A file that is not a cassette, cannot be read or written, or (a defect, with `strict`) holds more or less than was asked for.
 *
 * @category errors
 * @since 0.1.0
 */
export { CassetteError } from "./internal/cassetteFile.ts"

/**
 * One request, and the answer that it got: `null` where the client gave up before there was one.
 *
 * @category models
 * @since 0.1.0
 */
export interface Exchange extends CassetteSchema.Exchange {}

/**
 * What is in a file.
 *
 * @category models
 * @since 0.1.0
 */
export interface Cassette extends CassetteSchema.Cassette {}

/**
 * The schema of a file: version 1, and exchanges in the order in which they began.
 *
 * - A request's body is `json` with its members in order, a `form`, `text`, or `base64` where it is not UTF-8.
 * - A response's body is `json` where that gives exactly the same bytes, else `text` or `base64`, or the `chunks` in which
 *   it came.
 * - A response's `end` is `"cut"` where the server broke it off, `"abandoned"` where the client did.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Cassette: Schema.Codec<Cassette, Cassette> = CassetteSchema.Cassette

/**
 * The Claude service, its HTTP through a cassette. For recording, settings and credentials are those of
 * `Claude.layerConfig`; for replaying, none are needed.
 *
 * In mode `"auto"`, a cassette with recordings also works where there is no key: it replays.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options
): Layer.Layer<Claude.Claude | ClaudeClient.ClaudeClient, CassetteFile.CassetteError | Config.ConfigError> =>
  Layer.unwrap(Effect.gen(function*() {
    const { file: _, mode: __, secrets = [], strict: ___, ...settings } = options
    const tape = yield* load(options)
    const config = tape.mode === "replay" ? undefined : yield* ClaudeConfig.config(settings).pipe(
      Effect.catch((error) => tape.mode === "auto" && tape.exchanges.length > 0 ? Effect.undefined : Effect.fail(error))
    )
    if (config === undefined) {
      const fetch = yield* play({ ...tape, mode: "replay" }, { ...options, fetch: undefined })
      const resultsOrigins = [...settings.resultsOrigins ?? [], ...originsIn(tape.exchanges)]
      return Claude.layer({ ...withoutCredentials(settings), apiKey: replayKey, fetch, resultsOrigins })
    }
    const fetch = yield* play(tape, {
      ...options,
      baseURL: config.baseURL,
      fetch: settings.fetch as Fetch | undefined,
      secrets: [...secrets, ...secretsOf(config)]
    })
    return Claude.layerConfig({ ...settings, fetch })
  }))

/**
 * A `fetch` through a cassette, for any client that takes one: `Claude.layer({ fetch })`, the SDK, another library's. The
 * file is written when the scope closes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fetch = (
  options: FetchOptions
): Effect.Effect<typeof globalThis.fetch, CassetteFile.CassetteError | Config.ConfigError, Scope.Scope> =>
  Effect.flatMap(load(options), (tape) => play(tape, options))

interface Tape {
  readonly file: string
  readonly mode: Mode
  readonly exchanges: ReadonlyArray<Exchange>
}

const load = Effect.fnUntraced(function*(options: TapeOptions) {
  const file = options.file instanceof URL ? fileURLToPath(options.file) : options.file
  const mode = yield* modeOf(options.mode)
  const tape: Tape = { file, mode, exchanges: mode === "record" ? [] : yield* CassetteFile.read(file) }
  return tape
})

const environment = Config.all({
  mode: Config.option(Config.Literals(["auto", "record", "replay"], "CASSETTE_MODE")),
  ci: Config.option(Config.String("CI"))
})

/** Services set `CI` to `true`, `1` or their name. */
const modeOf = (given: Mode = "auto"): Effect.Effect<Mode, Config.ConfigError> =>
  Effect.map(environment, ({ ci, mode }) => {
    const chosen = given === "auto" ? Option.getOrElse(mode, () => given) : given
    const inCi = Option.exists(ci, (value) => !/^(|0|false|no|off)$/i.test(value.trim()))
    return chosen === "auto" && inCi ? "replay" : chosen
  })

const play = Effect.fnUntraced(function*(tape: Tape, options: FetchOptions) {
  const { file, mode } = tape
  const { baseURL, secrets = [], strict = false } = options
  const scrubber = new Scrubber(secrets.map(Redacted.value))
  const deck = new Deck({
    tape: tape.exchanges,
    live: mode === "replay" ? undefined : options.fetch ?? globalThis.fetch,
    scrubber,
    basePath: baseURL === undefined ? "" : new URL(baseURL).pathname.replace(/\/+$/, ""),
    missing: (request, why) =>
      `There is no recording of ${request} in ${file}: ${why}. Record it with a key in ANTHROPIC_API_KEY and ` +
      "CASSETTE_MODE=auto, or everything anew with CASSETTE_MODE=record, and no CI in the environment."
  })
  yield* Effect.addFinalizer((exit) =>
    Effect.gen(function*() {
      const recorded = yield* Effect.promise(() => deck.recorded())
      const isKept = mode === "record" && Exit.isFailure(exit) && (yield* CassetteFile.isThere(file))
      if (isKept) yield* Effect.logWarning(keptMessage(file))
      else if (recorded.length > 0) {
        yield* Effect.orDie(CassetteFile.write(file, recorded, mode === "record" ? "replace" : "add", scrubber))
      }
      if (Exit.isSuccess(exit)) yield* report(deck, file, strict)
    })
  )
  return deck.fetch
})

const keptMessage = (file: string): string =>
  `The program failed while it was recorded. ${file} stays as it was: part of a recording is not one.`

const report = (deck: Deck, file: string, strict: boolean): Effect.Effect<void> => {
  const complaints = [
    ...(deck.missing.length > 0 ? [`there was no recording of ${deck.missing.join(", ")}`] : []),
    ...(deck.unused.length > 0
      ? [`recordings were not used: ${deck.unused.join(", ")}. Delete them, or record anew with CASSETTE_MODE=record`]
      : [])
  ]
  if (complaints.length === 0) return Effect.void
  const message = `In ${file} ${complaints.join("; ")}.`
  return strict
    ? Effect.die(new CassetteFile.CassetteError({ problem: "incomplete", file, message }))
    : Effect.logWarning(message)
}

/** Where results were when they were recorded: the tape has them, whatever the base URL is now. */
const originsIn = (exchanges: ReadonlyArray<Exchange>): ReadonlyArray<string> => {
  const urls = JSON.stringify(exchanges).matchAll(/results_url\\*"\s*:\s*\\*"(https?:\/\/[^"\\]+)/g)
  return [...new Set(Array.from(urls, ([, url = ""]) => URL.parse(url)?.origin ?? []).flat())]
}

/** Never sent anywhere. */
const replayKey = Redacted.make("replayed-from-a-cassette")

const withoutCredentials = ({
  apiKey: _,
  authToken: __,
  credentials: ___,
  profile: ____,
  workloadIdentity: _____,
  ...settings
}: ClaudeConfig.Options): ClaudeConfig.Options => settings

const secretsOf = (
  { credential, headers, webhookKey }: ClaudeConfig.ClaudeConfig
): ReadonlyArray<Redacted.Redacted> => [
  ...(credential._tag === "Bearer" ? [credential.token] : []),
  ...(webhookKey === undefined ? [] : [webhookKey]),
  ...Object.values(headers).filter((value) => typeof value !== "string")
]
