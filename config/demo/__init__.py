"""The demo: an organization with plausible data, the same every time, for newcomers to call."""
