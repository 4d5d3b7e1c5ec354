"""Pages where officials serve those who do not come by the web: at a window, with their consent, on the telephone."""
