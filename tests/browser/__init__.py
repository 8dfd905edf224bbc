"""The product as a person sees it: Debian's Chromium, driven by Playwright, in front of a real `serve --demo`."""
