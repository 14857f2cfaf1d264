import * as HttpServerResponse from "effect/http/HttpServerResponse"

export const response = HttpServerResponse.html("<!DOCTYPE html><title>Simulated Claude API</title>")
