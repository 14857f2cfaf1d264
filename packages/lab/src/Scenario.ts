/**
 * What a crowd of clients meets: when they come, what a call takes, and what the server does with it. Each client makes
 * one call, and repeats it for as long as its retry policy says.
 *
 * **Details**
 *
 * A scenario is data. Rates and capacities are written for `ratedFor` clients and grow along with another number of
 * them, so that a scenario is the same story for a thousand clients and for a million.
 *
 * **Example** (A scenario of one's own)
 *
 * ```ts
 * import { Scenario, Server } from "@effect-claude/lab"
 *
 * export const deploy = Scenario.make({
 *   name: "deploy",
 *   description: "Connections break for 5 seconds, and the server comes back with little to spare",
 *   arrivals: { over: "1 minute" },
 *   ratedFor: 600,
 *   server: [
 *     Server.outage({ window: Server.window({ from: "20 seconds", lasts: "5 seconds" }), failures: [Server.cut] }),
 *     Server.overload({ capacity: 12 })
 *   ]
 * })
 * ```
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Server from "./Server.ts"

/**
 * A crowd and a server. Durations are milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Scenario {
  readonly name: string
  /** What happens, in one sentence. */
  readonly description: string
  /** Clients come at random over this time (0: all at once), in a surge `factor` times as often. */
  readonly arrivals: {
    readonly over: number
    readonly surge: (Server.Window & { readonly factor: number }) | undefined
  }
  /** The tokens of one call. */
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number }
  /** How long a call takes that succeeds: log-normal around a median, `spread` being the deviation of the logarithm. */
  readonly latency: { readonly median: number; readonly spread: number }
  /** The number of clients that rates and capacities are written for. Without it they stay as they are. */
  readonly ratedFor: number | undefined
  /** The largest crowd that `pnpm lab` sends, for scenarios whose work grows faster than their crowd. */
  readonly atMost: number | undefined
  readonly server: ReadonlyArray<Server.Part>
  /** A policy that goes past one of these is taken to never end. */
  readonly limits: {
    /** Attempts of one client. */
    readonly attempts: number
    /** Calls of all clients, as a multiple of their number. */
    readonly callsPerClient: number
    /** Virtual time. */
    readonly horizon: number
  }
}

const millis = (input: Duration.Input): number => Math.max(0, Duration.toMillis(Duration.fromInputUnsafe(input)))

/**
 * A scenario. By default the clients come over 3 minutes, a call has 1,500 tokens in and 400 out and takes 2.5 seconds
 * give or take, and a policy may make 1,000 attempts a client, 100 on average, within a day.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: {
  readonly name: string
  readonly description: string
  readonly server: ReadonlyArray<Server.Part>
  readonly arrivals?: {
    readonly over: Duration.Input
    readonly surge?: (Server.Window & { readonly factor: number }) | undefined
  } | undefined
  readonly usage?: Scenario["usage"] | undefined
  readonly latency?: { readonly median: Duration.Input; readonly spread?: number | undefined } | undefined
  readonly ratedFor?: number | undefined
  readonly atMost?: number | undefined
  readonly limits?: {
    readonly attempts?: number | undefined
    readonly callsPerClient?: number | undefined
    readonly horizon?: Duration.Input | undefined
  } | undefined
}): Scenario => ({
  name: options.name,
  description: options.description,
  arrivals: { over: millis(options.arrivals?.over ?? "3 minutes"), surge: options.arrivals?.surge },
  usage: options.usage ?? { inputTokens: 1500, outputTokens: 400 },
  latency: { median: millis(options.latency?.median ?? "2.5 seconds"), spread: options.latency?.spread ?? 0.4 },
  ratedFor: options.ratedFor,
  atMost: options.atMost,
  server: options.server,
  limits: {
    attempts: options.limits?.attempts ?? 1000,
    callsPerClient: options.limits?.callsPerClient ?? 100,
    horizon: millis(options.limits?.horizon ?? "1 day")
  }
})

/** The crowd of the built-in scenarios: 3,000 clients, mostly in 3 minutes, which makes a thousand calls a minute. */
const ratedFor = 3000

/**
 * Nothing happens, but for one call in a thousand (`failureRate`) that meets a 529.
 *
 * @category constructors
 * @since 0.1.0
 */
export const quiet = (options?: { readonly failureRate?: number | undefined }): Scenario => {
  const rate = options?.failureRate ?? 0.001
  return make({
    name: "quiet",
    description: `An ordinary day: ${percent(rate)} of the calls meet a 529.`,
    server: [Server.failing({ rate })]
  })
}

/**
 * One call in twenty (`rate`) fails, every time anew.
 *
 * @category constructors
 * @since 0.1.0
 */
export const failing = (options?: { readonly rate?: number | undefined }): Scenario => {
  const rate = options?.rate ?? 0.05
  return make({
    name: `failing-${percent(rate).replace("%", "pct")}`,
    description: `${percent(rate)} of the calls fail, whatever the load: 529, 500 or a broken connection.`,
    server: [Server.failing({ rate, failures: [Server.overloaded, Server.internal, Server.cut] })]
  })
}

const percent = (share: number): string => `${Number((share * 100).toFixed(3))}%`

/**
 * A surge runs into the rate limit of a tier: 1,200 requests, 1.8 million input and 480,000 output tokens a minute for
 * 3,000 clients, of which a third come within 20 seconds.
 *
 * @category constructors
 * @since 0.1.0
 */
export const rateLimit = (): Scenario =>
  make({
    name: "rate-limit",
    description: "A 20-second surge, 4 times the usual rate, runs into the rate limit: 429 with retry-after.",
    arrivals: {
      over: "3 minutes",
      surge: { ...Server.window({ from: "40 seconds", lasts: "20 seconds" }), factor: 4 }
    },
    ratedFor,
    server: [
      Server.rateLimit({ requestsPerMinute: 1200, inputTokensPerMinute: 1_800_000, outputTokensPerMinute: 480_000 })
    ]
  })

/**
 * Everything fails for a minute (`lasts`), and then the crowd that has waited meets a server that can do twice the usual
 * rate and no more.
 *
 * @category constructors
 * @since 0.1.0
 */
export const outage = (options?: { readonly lasts?: Duration.Input | undefined }): Scenario => {
  const lasts = millis(options?.lasts ?? "60 seconds")
  const seconds = lasts / 1000
  return make({
    name: `outage-${seconds}s`,
    description:
      `From 0:30 on every call fails for ${seconds} s (503, connection refused). After that the server can do ` +
      "twice the usual rate.",
    arrivals: { over: Math.max(180_000, lasts + 120_000) },
    ratedFor: ratedFor * Math.max(1, (lasts + 120_000) / 180_000),
    server: [
      Server.outage({ window: { from: 30_000, to: 30_000 + lasts } }),
      Server.overload({ capacity: 33 })
    ]
  })
}

/**
 * A surge overloads a server with little to spare, and every call that it refuses costs it time: the more retries, the
 * deeper the overload.
 *
 * @category constructors
 * @since 0.1.0
 */
export const overload = (): Scenario =>
  make({
    name: "overload",
    description:
      "A 20-second surge, 4 times the usual rate, on a server that can do twice the usual rate. Refusing (529) " +
      "costs it a twentieth of a call: retries deepen the overload.",
    arrivals: {
      over: "3 minutes",
      surge: { ...Server.window({ from: "40 seconds", lasts: "20 seconds" }), factor: 4 }
    },
    ratedFor,
    server: [Server.overload({ capacity: 25 })]
  })

/**
 * A job starts all its calls within a second, on a server that needs half a minute for as many: whoever retries in step
 * with the others is refused with them.
 *
 * @category constructors
 * @since 0.1.0
 */
export const stampede = (): Scenario =>
  make({
    name: "stampede",
    description:
      "A job starts all its calls within one second, on a server that needs 30 s for as many and refuses (529) " +
      "what it cannot queue.",
    arrivals: { over: "1 second" },
    ratedFor,
    server: [Server.overload({ capacity: 100 })]
  })

/**
 * For a minute and a half, three calls in ten fail, some of them late, and the rest takes four times as long.
 *
 * @category constructors
 * @since 0.1.0
 */
export const brownOut = (): Scenario =>
  make({
    name: "brown-out",
    description:
      "From 0:30 on, for 90 s, 30% of the calls fail (500, 529, broken connections, 504 after 30 s) and the " +
      "rest takes 4 times as long.",
    server: [Server.brownOut({ window: Server.window({ from: "30 seconds", lasts: "90 seconds" }) })]
  })

/**
 * Nothing works, and nothing will: what shows that a policy never gives up.
 *
 * @category constructors
 * @since 0.1.0
 */
export const endless = (): Scenario =>
  make({
    name: "endless-outage",
    description: "Every call fails, for ever.",
    server: [Server.failing({ rate: 1, failures: [Server.unavailable, Server.refused, Server.overloaded] })]
  })

/**
 * The contest of "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015): every client, all at once, reads a row
 * and writes it on condition that nobody else has. Who lost waits and begins again. Any policy may go on for ever here,
 * since each round has a winner.
 *
 * @category constructors
 * @since 0.1.0
 */
export const contention = (): Scenario =>
  make({
    name: "contention",
    description: "All clients at once update one row under optimistic concurrency: read, then write unless it was " +
      "changed; network delay |N(10, 2)| ms each way.",
    arrivals: { over: 0 },
    usage: { inputTokens: 0, outputTokens: 0 },
    latency: { median: 0, spread: 0 },
    atMost: 100,
    server: [Server.contention()],
    limits: { attempts: 100_000, callsPerClient: 20_000 }
  })

/**
 * The scenarios that `pnpm lab` knows.
 *
 * @category constructors
 * @since 0.1.0
 */
export const builtIn: ReadonlyArray<Scenario> = [
  quiet(),
  failing(),
  rateLimit(),
  outage(),
  overload(),
  stampede(),
  brownOut(),
  contention()
]
