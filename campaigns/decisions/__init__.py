"""Which campaigns a customer is offered, and what became of what was offered."""
