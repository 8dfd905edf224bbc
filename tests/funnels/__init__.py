"""Tests of the app `funnels`."""
