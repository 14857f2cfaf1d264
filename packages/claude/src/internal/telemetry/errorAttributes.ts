/** What spans, metrics and logs say of an error. Nothing of a prompt or an answer. */
import type * as ClaudeError from "../../ClaudeError.ts"
import { reasonTag } from "../errorCodes.ts"
import { attributes as names } from "./attributes.ts"

/** The class and the request; for an error of the API its type, code and parameter; for a refusal its reason. */
export const errorAttributes = (error: ClaudeError.ClaudeError): Readonly<Record<string, string>> => {
  const found: Record<string, string> = { [names.errorType]: error._tag }
  if (error.requestId !== undefined) found[names.requestId] = error.requestId
  if ("type" in error && error.type !== undefined) found[names.apiErrorType] = error.type
  if ("param" in error && error.param !== undefined) found[names.apiErrorParam] = error.param
  const code = codeOf(error)
  if (code !== undefined) found[names.apiErrorCode] = code
  if (error._tag === "RequestRejectedError") found[names.rejection] = error.reason._tag
  return found
}

/** Whether the words of an error are a body of somebody else's, which may hold the prompt. */
const hasForeignWords = (error: ClaudeError.ClaudeError): boolean => "type" in error && error.type === undefined

/** What the API or this library says. */
export const wordsOf = (error: ClaudeError.ClaudeError): string =>
  hasForeignWords(error) && "status" in error
    ? `a server answered ${error.status}, with a body that is not the API's`
    : error.message

/** What stands for an error where exporters write its words and those of its causes. `undefined`: it may stand there itself. */
export const standInOf = (error: ClaudeError.ClaudeError): Error | undefined => {
  if (!hasForeignWords(error)) return undefined
  const standIn = Object.assign(new Error(wordsOf(error)), { name: error._tag })
  standIn.stack = String(standIn)
  return standIn
}

const codeOf = (error: ClaudeError.ClaudeError): string | undefined =>
  "reason" in error && "errorCode" in error.reason ? error.reason.errorCode : undefined

/**
 * The code of an error, if it is one of those that the API documents: a metric has as many series as its attributes have
 * values, and what servers may say has no end.
 */
export const documentedCodeOf = (error: ClaudeError.ClaudeError): string | undefined => {
  const code = codeOf(error)
  return code !== undefined && "status" in error && error.status !== undefined &&
      reasonTag(error.status, code) !== undefined
    ? code
    : undefined
}
