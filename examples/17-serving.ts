/**
 * An HTTP service that streams answers to browsers. A failure, before the answer or in the middle of it, arrives as the same
 * typed error; a browser that goes away ends the request to Claude.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/17-serving.ts
 */
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer } from "effect"
import { Claude } from "effect-claude"
import { HttpRouter } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { createServer } from "node:http"
import { Answers } from "./serving/answers.ts"
import { Api } from "./serving/api.ts"

const ServerLive = Layer.unwrap(
  Effect.map(Config.Int("PORT").pipe(Config.withDefault(3000)), (port) => NodeHttpServer.layer(createServer, { port }))
)

const Service = HttpRouter.serve(HttpApiBuilder.layer(Api).pipe(Layer.provide(Answers))).pipe(
  Layer.provide([ServerLive, Claude.layerConfig()])
)

NodeRuntime.runMain(Layer.launch(Service))
