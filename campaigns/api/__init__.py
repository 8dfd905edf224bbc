"""The management dialect (contract 1): a translation of the campaign hierarchy, without rules of its own."""
