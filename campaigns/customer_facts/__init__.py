"""What the engines need to know of a customer, read or locked."""
