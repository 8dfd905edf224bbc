"""What the engines may know of one customer, read or locked."""
