"""The EDN codec."""
