/**
 * Peak memory of a reader that is slower than the server, over messages of growing length.
 *
 *     node packages/bench/src/streaming-memory.ts
 *
 * Each client and length has a process of its own. The reader gives way to the event loop after each event.
 */
import Anthropic from "@anthropic-ai/sdk"
import * as Claude from "effect-claude/Claude"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { fork } from "node:child_process"
import { once } from "node:events"
import process from "node:process"
import { setImmediate } from "node:timers/promises"
import { apiKey, params } from "./streaming/clients/params.ts"
import { runtimeFor } from "./streaming/clients/runtime.ts"

const slow = () => setImmediate()

const clients: Record<string, (baseURL: string) => Promise<void>> = {
  "effect-claude": (baseURL) =>
    runtimeFor(baseURL).runPromise(
      Effect.flatMap(Claude.Claude, ({ messages }) =>
        Stream.runForEach(messages.stream(params), () => Effect.promise(slow)))
    ),
  "SDK create({ stream: true })": async (baseURL) => {
    const client = new Anthropic({ baseURL, apiKey })
    for await (const _ of await client.messages.create({ ...params, stream: true })) await slow()
  },
  "SDK stream()": async (baseURL) => {
    const client = new Anthropic({ baseURL, apiKey })
    for await (const _ of client.messages.stream(params)) await slow()
  }
}

const lengths = [10_000, 50_000, 200_000]

/** The most that the heap and its buffers took, in megabytes, beyond what they took before. */
const peak = async (run: () => Promise<void>) => {
  const used = () => {
    const { arrayBuffers, heapUsed } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  globalThis.gc?.()
  const before = used()
  let most = 0
  // A full collection first: what counts is what cannot be let go.
  const timer = setInterval(() => {
    globalThis.gc?.()
    most = Math.max(most, used() - before)
  }, 250)
  await run()
  clearInterval(timer)
  return most / 1e6
}

const measure = async (name: string, url: string) => {
  const run = clients[name]
  if (run !== undefined) process.send?.(await peak(() => run(url)))
  process.disconnect()
}

const compare = async () => {
  const server = fork(new URL("./streaming/server.ts", import.meta.url))
  const [{ port }] = await once(server, "message")
  console.log(`| client | ${lengths.map((length) => `${length} events`).join(" | ")} |`)
  console.log(`|---|${lengths.map(() => "---|").join("")}`)
  for (const name of Object.keys(clients)) {
    const peaks: Array<string> = []
    for (const length of lengths) {
      // For more it takes many minutes: what it has buffered is shifted off an array, event by event.
      if (name === "SDK stream()" && length > 50_000) continue
      const url = `http://127.0.0.1:${port}/packed/${length}`
      const child = fork(new URL(import.meta.url), [name, url], { execArgv: ["--expose-gc"] })
      const [most] = await once(child, "message")
      peaks.push(`${most.toFixed(1)} MB`)
    }
    console.log(`| ${name} | ${peaks.join(" | ")} |`)
  }
  server.disconnect()
}

const [name, url] = process.argv.slice(2)
await (name === undefined || url === undefined ? compare() : measure(name, url))
