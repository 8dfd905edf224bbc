"""The wire format of the trace dialect (contract 3; contract 4, section C), for every app that serves it."""
