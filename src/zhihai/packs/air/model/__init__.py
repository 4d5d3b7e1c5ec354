"""The air quality index as pure computation: norms as dated tables, exact arithmetic, means with their validity."""
