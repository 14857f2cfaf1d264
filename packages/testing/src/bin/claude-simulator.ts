#!/usr/bin/env node
/** `claude-simulator`: see `--help`. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import process from "node:process"
import { command } from "../internal/cli.ts"
import { formatter } from "../internal/help.ts"

const program = Command.runWith(command, { version: "0.1.0" })(process.argv.slice(2)).pipe(
  Effect.tapCause((cause) => {
    const error = Cause.squash(cause)
    if (Cause.hasInterruptsOnly(cause) || CliError.isCliError(error)) return Effect.void
    return Console.error(error instanceof Error ? error.message : String(error))
  }),
  Effect.provide(Layer.merge(NodeServices.layer, CliOutput.layer(formatter)))
)

NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  // To be told to stop is how a server ends, and no failure.
  teardown: (exit, onExit) => onExit(Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause) ? 1 : 0)
})
