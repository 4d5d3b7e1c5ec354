"""Booking a time at a window, and one’s own appointments."""
