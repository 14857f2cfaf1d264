/**
 * A command over a folder: a line about each text in it, four at a time. A file that fails does not stop the others; the exit
 * code says whether one did.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/10-command-line.ts docs --model claude-haiku-5-5
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Path } from "effect"
import { Claude, Message } from "effect-claude"
import { Argument, Command, Flag } from "effect/cli"

const folder = Argument.Directory("folder", { mustExist: true })
const model = Flag.String("model").pipe(Flag.withDefault("claude-opus-5-5"))

const describe = Command.make("describe", { folder, model }, ({ folder, model }) =>
  Effect.gen(function*() {
    const claude = yield* Claude.Claude
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const line = Effect.fn(function*(file: string) {
      const text = yield* fs.readFileString(path.join(folder, file))
      const message = yield* claude.messages.create({
        model,
        max_tokens: 256,
        messages: [{ role: "user", content: `What is this about? Answer in 12 words.\n\n${text}` }]
      })
      yield* Console.log(`${file}: ${Message.text(yield* Message.complete(message))}`)
    })
    const files = (yield* fs.readDirectory(folder)).filter((file) => /\.(md|txt)$/.test(file))
    const [, failed] = yield* Effect.partition(
      files,
      (file) => line(file).pipe(Effect.tapError((error) => Console.error(`${file}: ${error._tag}: ${error.message}`))),
      { concurrency: 4 }
    )
    if (failed.length > 0) return yield* Effect.fail(`${failed.length} of ${files.length} files failed`)
  })).pipe(
    Command.withDescription("A line about each text in a folder"),
    // Built only when the command runs: --help needs no key.
    Command.provide(Claude.layerConfig())
  )

NodeRuntime.runMain(Command.run(describe, { version: "1.0.0" }).pipe(Effect.provide(NodeServices.layer)))
