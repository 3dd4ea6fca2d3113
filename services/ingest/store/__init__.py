"""All of ingest's SQL, one function a question."""
