"""Behaviors: what customers do, and what they earn by it."""
