"""Face: the platform as a provider of OpenID Connect for the district's other systems (统一登录)."""
