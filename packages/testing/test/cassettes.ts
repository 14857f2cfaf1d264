/** What tests of cassettes share: a folder for each, and a program that records on one. */
import { NodeFileSystem } from "@effect/platform-node"
import { type Config, ConfigProvider, Effect, FileSystem, Layer, Schema } from "effect"
import { Claude, RetryPolicy } from "effect-claude"
import { join } from "node:path"
import { Cassette, Simulator } from "../src/index.ts"
import { hello } from "./client.ts"

/** A program that asks for a message. */
export const create = (content: string) =>
  Effect.flatMap(Claude.Claude, ({ messages }) => messages.create({ ...hello, messages: [{ role: "user", content }] }))

/** What such a program asked. */
export const askedIn = ({ body }: Cassette.Exchange["request"]) =>
  body !== undefined && "json" in body ? (body.json as unknown as typeof hello).messages[0]?.content : undefined

/** A file in a folder of its own, that goes with the scope. */
export const cassetteFile = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  return join(yield* fs.makeTempDirectoryScoped(), "cassettes", "it.json")
}).pipe(Effect.provide(NodeFileSystem.layer))

export const readText = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(file)).pipe(Effect.provide(NodeFileSystem.layer))

export const contents = (file: string) =>
  Effect.flatMap(readText(file), Schema.decodeEffect(Schema.fromJsonString(Cassette.Cassette)))

export const writeText = (file: string, text: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(join(file, ".."), { recursive: true })
    yield* fs.writeFileString(file, text)
  }).pipe(Effect.provide(NodeFileSystem.layer))

export const filesBeside = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(join(file, ".."))).pipe(
    Effect.provide(NodeFileSystem.layer)
  )

/** An environment of these variables and no others. */
export const environment = (variables: Readonly<Record<string, string>>) =>
  ConfigProvider.layer(ConfigProvider.fromUnknown(variables))

/** With what is recorded, and nothing else: no server, no key. */
export const replaying = (file: string, options: Partial<Cassette.Options> = {}) =>
  Cassette.layer({ file, mode: "replay", retry: RetryPolicy.none, ...options }).pipe(Layer.provide(environment({})))

/** Runs a program against a simulator, set up by `prepare`, and records. */
export const recording = (
  file: string,
  options: Partial<Cassette.Options> = {},
  prepare: (simulator: Simulator.Simulator["Service"]) => Effect.Effect<void> = () => Effect.void
): Layer.Layer<Claude.Claude, Cassette.CassetteError | Config.ConfigError> =>
  Layer.unwrap(Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    yield* prepare(simulator)
    return Cassette.layer({
      file,
      apiKey: simulator.apiKey,
      baseURL: simulator.url,
      retry: RetryPolicy.none,
      ...options
    })
  })).pipe(Layer.provide([Simulator.layer(), environment({})]))

export const streamOf = (chunks: ReadonlyArray<string>): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    }
  })
