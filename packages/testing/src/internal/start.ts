/** Puts a simulator together. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as Redacted from "effect/Redacted"
import * as Batches from "./batches.ts"
import type * as Control from "./control.ts"
import type * as Endpoint from "./endpoint.ts"
import type * as Exchange from "./exchange.ts"
import * as Fetch from "./fetch.ts"
import * as Files from "./files.ts"
import * as Journal from "./journal.ts"
import * as Limiter from "./limits.ts"
import * as Listener from "./listener.ts"
import * as Models from "./models.ts"
import type { Options } from "./options.ts"
import * as Player from "./play.ts"
import * as PromptCache from "./promptCache.ts"
import * as ReplyRules from "./replyRules.ts"
import * as Script from "./script.ts"
import * as Threads from "./threads.ts"
import * as Transport from "./transport.ts"
import * as WriteNode from "./writeNode.ts"
import * as WriteWeb from "./writeWeb.ts"

const defaultApiKey = "sk-ant-simulated-0123456789abcdef"

const start = Effect.fnUntraced(function*(options: Options, transport: Transport.Transport) {
  const apiKey = options.apiKey ?? Redacted.make(defaultApiKey)
  const settings: Endpoint.Settings = {
    apiKeys: [apiKey, ...options.moreApiKeys ?? []],
    models: options.models?.map(Models.complete) ?? Models.defaults,
    reply: options.reply,
    replies: ReplyRules.make(options.replies ?? []),
    pacing: options.pacing,
    limiter: Limiter.make(options.limits ?? {}),
    promptCache: PromptCache.make(),
    batches: Batches.make(Duration.toMillis(options.batchDuration ?? "1 second")),
    files: Files.make(options.files ?? [], {
      now: yield* Clock.currentTimeMillis,
      storageBytes: options.limits?.storageBytes
    }),
    threads: Threads.make(),
    url: transport.url,
    secretHeaders: new Set(options.secretHeaders?.map((name) => name.toLowerCase()))
  }
  const journal = Journal.make(options.onExchange)
  const script = Script.make(transport.outage.begin)
  const initial = options.scenario ?? { rules: [] }
  const player = yield* Player.make(initial)
  let requests = 0

  const reset = script.clear.pipe(
    Effect.andThen(transport.outage.end),
    Effect.andThen(Effect.sync(() => {
      settings.batches.clear()
      settings.files.reset()
      settings.threads.clear()
      settings.promptCache.clear()
      settings.replies.replace(options.replies ?? [])
    })),
    Effect.andThen(player.play(initial)),
    Effect.andThen(journal.clear)
  )

  const controls: Control.Controls = {
    journal: journal.entries,
    remaining: script.remaining,
    script: script.add,
    play: player.play,
    answer: (replies) => Effect.sync(() => settings.replies.replace(replies)),
    reset
  }
  const state = Effect.all({
    requests: Effect.map(journal.entries, ({ length }) => length),
    faults: script.remaining,
    replies: Effect.sync(settings.replies.remaining),
    connections: transport.openConnections,
    limits: settings.limiter.state
  })

  const services: Exchange.Services = {
    settings,
    journal,
    nextFault: (target) =>
      Effect.flatMap(
        script.next,
        (scripted) => scripted === undefined ? player.next(target) : Effect.succeed(scripted)
      ),
    nextRequestId: Effect.sync(() => `req_011Simulated${String(++requests).padStart(11, "0")}`),
    isClosing: transport.isClosing,
    outage: transport.outage,
    write: transport.write
  }
  const handle = yield* Transport.handler(
    services,
    options.control === true ? { ...controls, state, host: options.host } : undefined
  )
  const fetch = yield* transport.serve(handle)

  return {
    url: transport.url,
    fetch,
    apiKey,
    ...controls,
    openConnections: transport.openConnections,
    awaitJournal: journal.await
  }
})

/** Listens on a port, until the scope ends. */
export const socket = Effect.fnUntraced(function*(options: Options) {
  const listener = yield* Listener.make(options.host ?? "127.0.0.1", options.port ?? 0)
  return yield* start(options, {
    ...listener,
    write: WriteNode.write,
    serve: Effect.fnUntraced(function*(handle) {
      yield* listener.http.serve(handle).pipe(
        // The spans under test are the client's.
        Effect.provideService(HttpMiddleware.TracerDisabledWhen, constTrue)
      )
      // Finalizers run last in, first out: all sockets are destroyed and what still runs is interrupted, then the server
      // closes, with no connection left to wait for.
      yield* Effect.addFinalizer(() => listener.close)
      return globalThis.fetch
    })
  })
})

/** Listens to a `fetch` only. */
export const loopback = (options: Options) =>
  Effect.flatMap(Fetch.make, (fetch) => start(options, { ...fetch, write: WriteWeb.write }))
