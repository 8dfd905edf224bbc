"""`make storm`: everybody at once, over HTTP, against the product as it is served, and then a look at the data."""
