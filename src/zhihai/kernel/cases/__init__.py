"""Room: what is to be done, by whom, by when and why then."""
