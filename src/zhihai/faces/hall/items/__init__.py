"""Public pages of service items: search, lists by theme, life event, department and street, the guide of one."""
