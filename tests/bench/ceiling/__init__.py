"""The reference of all ratios: what this server and this Django could answer at the very best."""
