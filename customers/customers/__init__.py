"""Customers: found, identified, merged, written, deleted and generated."""
