"""The design system: tokens, templates and small modules of script that every face is drawn with."""
