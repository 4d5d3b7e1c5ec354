"""The commands of ``zhihai``, one module each: ``command(words, language)`` returns it with its help."""
