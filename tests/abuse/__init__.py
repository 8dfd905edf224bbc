"""Attacks on a real server process: what production runs (`manage.py web`), on a database of its own.

The fixture `server` (`tests.abuse.server.Server`) is one for all these tests, `abused` names who it serves. Each test
acts as a stranger from outside would, over sockets of its own, and leaves the server as it found it. What it makes or
reads as rows, it does in `with server.database():`.
"""
