#!/usr/bin/env node
/** `pnpm lab`: see `--help`. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import process from "node:process"
import { command, complaint } from "../internal/cli.ts"

// `pnpm lab -- --seed 2` hands the dashes on.
const args = process.argv.slice(2).filter((arg, index) => index > 0 || arg !== "--")

const program = Command.runWith(command(args), { version: "0.1.0" })(args).pipe(
  Effect.tapCause((cause) => {
    const error = Cause.squash(cause)
    if (Cause.hasInterruptsOnly(cause) || CliError.isCliError(error)) return Effect.void
    return Console.error(complaint(error instanceof Error ? error.message : String(error)))
  }),
  Effect.provide(NodeServices.layer)
)

NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  // Whatever a policy file has left running does not keep the lab open.
  teardown: (exit) => Runtime.defaultTeardown(exit, (code) => process.exit(code))
})
