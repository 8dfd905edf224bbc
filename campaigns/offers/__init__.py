"""Offers: defined, issued, redeemed, and the points that they give."""
