"""What goes out to the world, against servers that listen on this machine."""
