"""The dialects, each tested at its own edge."""
