"""Disclosure of government information (政府信息公开): the list of what is published without being asked."""
