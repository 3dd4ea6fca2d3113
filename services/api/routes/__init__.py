"""The routes under /v1: each declares its scope, asks one use case or a few questions, and answers."""
