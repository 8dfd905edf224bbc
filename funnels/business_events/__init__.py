"""Business events, and the campaigns that they trigger."""
