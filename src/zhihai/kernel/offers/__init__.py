"""Room: is there room, is it mine; never oversold."""
