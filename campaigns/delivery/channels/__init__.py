"""Channels that send to one recipient at a time, and exports of whole audiences."""
