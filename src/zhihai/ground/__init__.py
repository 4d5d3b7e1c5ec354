"""Floor 0: pure Python. What every other floor stands on, and nothing that needs a database or a server."""
