import type { Operation } from "../../Operation.ts"

/** What OpenTelemetry calls an operation. It has a name for those that answer with a message. */
export const operationName = (operation: Operation): string => isChat(operation) ? "chat" : operation.name

export const isChat = ({ returns }: Operation): boolean => returns === "message"
