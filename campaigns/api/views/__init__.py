"""The endpoints of the management dialect: parse, one service or query, render."""
