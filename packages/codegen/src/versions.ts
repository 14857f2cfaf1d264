/** The package that everything is made of. */
export const name = "@anthropic-ai/sdk"

/** The text of a package.json with the SDK at a version: exact ranges stay exact, and `^` ranges begin with it. */
export const bump = (manifest: string, version: string): string =>
  manifest.replaceAll(new RegExp(`("${name}": "\\^?)\\d+\\.\\d+\\.\\d+(?=")`, "g"), `$1${version}`)
