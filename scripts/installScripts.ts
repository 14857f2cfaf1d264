/** Those that a package manager runs when a package is installed. */
const hooks = ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare", "prepublish"]

/** The scripts of a manifest that would run on the machines of its users. */
export const installScriptsOf = ({ scripts = {} }: { readonly scripts?: Readonly<Record<string, string>> }) =>
  hooks.filter((name) => name in scripts)
