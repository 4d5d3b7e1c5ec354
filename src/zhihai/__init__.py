"""zhihai (智海): an open operating platform for a district."""

__version__ = "0.1.0"
