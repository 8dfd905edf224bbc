"""What a campaign shows in a channel: banners, popups, funnels, and the business events that trigger it."""
