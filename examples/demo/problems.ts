/** What went wrong, for the person at the terminal: a paragraph that says what to do. */
import type { Config, PlatformError } from "effect"
import type { ClaudeError } from "effect-claude"
import { CliError } from "effect/cli"
import { wrapped } from "./terminal.ts"

/** Shown by the command line instead of a stack trace, and makes it exit with 1. */
export const report = (paragraph: string, cause: unknown = paragraph): CliError.UserError =>
  new CliError.UserError({ cause, userMessage: wrapped(paragraph) })

const usage = "npx -y pnpm@12 demo path/to/file"

export const unreadableFile = (path: string, error: PlatformError.PlatformError): string => {
  switch (error.reason._tag) {
    case "NotFound":
      return `There is no file ${path}. Name one that exists:\n${usage}`
    case "PermissionDenied":
      return `${path} may not be read by this user. Change its permissions, or name another file.`
    default:
      return `${path} cannot be read as a text file. Name one that can:\n${usage}`
  }
}

export const noText = (path: string): string => `${path} has no text to summarise. Name a file that has some:\n${usage}`

export const binaryFile = (path: string): string =>
  `${path} is not a text file: it holds bytes that are not UTF-8, or control characters. Name a text file:\n${usage}`

export const unusableSettings = ({ cause }: Config.ConfigError): string =>
  `${cause.message} With --live the demo calls the real API and needs its settings in the environment; without, ` +
  `it simulates the API and needs none.`

export const failedCall = (error: ClaudeError.ClaudeError): string =>
  `${error._tag}: ${error.message.replace(/\.$/, "")}. ${advice(error)}`

/** What to do about an error. The class says most of it. */
export const advice = (error: ClaudeError.ClaudeError): string => {
  switch (error._tag) {
    case "AuthenticationError":
      return "Check ANTHROPIC_API_KEY: the API does not know it."
    case "PermissionDeniedError":
      return "The key may not do this: use another one, or ask its owner."
    case "NotFoundError":
      return "Check the name: nothing is called so, or not for this key."
    case "APIConnectionError":
      return "Check the network, and ANTHROPIC_BASE_URL if it is set."
    case "APIConnectionTimeoutError":
      return "Try again later, or set a longer timeout in ANTHROPIC_TIMEOUT."
    case "InvalidResponseError":
      return "Check ANTHROPIC_BASE_URL, and proxies in between: this is not how the API answers."
    default:
      return error.isRetryable ? "Try again later." : "Trying again would not help: mend the request first."
  }
}
