"""The commands that span the product."""
