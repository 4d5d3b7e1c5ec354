"""Floor 1: the nouns of a district, once, in rooms of strict order."""
