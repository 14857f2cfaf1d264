import * as Claude from "effect-claude/Claude"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { apiKey } from "./params.ts"

const make = (baseURL: string) => ManagedRuntime.make(Claude.layer({ baseURL, apiKey: Redacted.make(apiKey) }))

const runtimes = new Map<string, ReturnType<typeof make>>()

export const runtimeFor = (baseURL: string) => {
  const runtime = runtimes.get(baseURL) ?? make(baseURL)
  runtimes.set(baseURL, runtime)
  return runtime
}
