"""What a page shows: placeholders, banners and popups, and who sees which."""
