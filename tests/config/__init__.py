"""Tests of the processes, the database engine and what spans every app."""
