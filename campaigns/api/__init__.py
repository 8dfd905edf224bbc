"""The management dialect (contract 1): a translation of the campaign hierarchy, with no rule of its own."""
