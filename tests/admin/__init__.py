"""The admin: every page, form, field, action and permission of it."""
