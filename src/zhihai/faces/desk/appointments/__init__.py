"""Windows at work: today’s appointments and tickets, when a window is open, the kiosk of a hall."""
