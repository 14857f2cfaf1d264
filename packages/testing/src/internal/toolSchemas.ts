/** What the API says about the schemas of tools and answers. */
import * as Predicate from "effect/Predicate"
import type { CreateRequest } from "./messageRequest.ts"
import * as OutputSchema from "./outputSchema.ts"

type Schemas = Pick<CreateRequest, "tools"> & Partial<Pick<CreateRequest, "output_config" | "output_format">>

/** The first complaint, by the path of the schema, or undefined where there is nothing wrong. */
export const complaint = (request: Schemas): string | undefined => aboutTools(request) ?? aboutFormat(request)

const aboutTools = ({ tools }: Schemas): string | undefined => {
  for (const [index, tool] of (tools ?? []).entries()) {
    const wrong = aboutTool(tool)
    if (wrong !== undefined) return `tools.${index}.custom.input_schema: ${wrong}`
  }
  return undefined
}

const aboutTool = ({ input_schema, ...tool }: NonNullable<CreateRequest["tools"]>[number]): string | undefined => {
  if (input_schema === undefined) return undefined
  if (["oneOf", "allOf", "anyOf"].some((keyword) => keyword in input_schema)) {
    return "input_schema does not support oneOf, allOf, or anyOf at the top level"
  }
  return tool.strict === true ? OutputSchema.complaint(input_schema) : undefined
}

const aboutFormat = ({ output_config, output_format }: Schemas): string | undefined => {
  const [path, format] = output_config?.format
    ? ["output_config.format", output_config.format] as const
    : ["output_format", output_format] as const
  const wrong = Predicate.isNullish(format) ? undefined : OutputSchema.complaint(format.schema)
  return wrong === undefined ? undefined : `${path}.schema: ${wrong}`
}
