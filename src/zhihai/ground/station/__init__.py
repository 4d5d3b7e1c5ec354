"""What an hourly measuring station sends and publishes: its message, and the table of its hours."""
