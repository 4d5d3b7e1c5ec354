"""Search in short Chinese texts (中文检索): by characters, by sound, by initials; pure, over numbers and arrays."""
