"""Campaigns as they stand for one customer (contract 1, Performing Campaign Domain Actions)."""
