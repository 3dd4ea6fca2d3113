"""All SQL of playbooks: one function a question."""
