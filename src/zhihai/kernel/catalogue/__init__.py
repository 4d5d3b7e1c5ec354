"""Room: what data exist, whose, and who may use them."""
