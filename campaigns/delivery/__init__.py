"""How messages leave the house: channels that hand over to one recipient each, and exports of whole audiences."""
