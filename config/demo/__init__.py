"""The demo: an organization with plausible data, the same every time, so that a newcomer has something to call."""
