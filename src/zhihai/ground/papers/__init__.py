"""Papers as offices hand them out (文书): set in type from what they say, the same bytes each time."""
