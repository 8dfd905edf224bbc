"""Behaviors: defined, compiled, and run over customers' events."""
