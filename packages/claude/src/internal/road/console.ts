/** The SDK's warnings about models, which it writes to the console whatever its settings say. */
import { warnedModels } from "../../generated/warnedModels.ts"

/**
 * Runs a method of the SDK. Where it will warn of the model, the console's `warn` is replaced meanwhile: the method starts
 * synchronously, so that no other code runs. Where the console cannot be changed, the warning goes there.
 */
export const warningsTo = <A>(model: string | undefined, warn: (message: string) => void, run: () => A): A => {
  if (model === undefined || !warnedModels.includes(model)) return run()
  const { console } = globalThis
  const original = console.warn
  const warnings: Array<unknown> = []
  if (!Reflect.set(console, "warn", (message: unknown) => warnings.push(message))) return run()
  try {
    return run()
  } finally {
    Reflect.set(console, "warn", original)
    // Not before: a logger may write with console.warn itself.
    for (const warning of warnings) warn(String(warning))
  }
}
