"""What a campaign shows in an application: banners, popups, funnels, and the business events that trigger it."""
