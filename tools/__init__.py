"""Tools of the house: checkers, scaffold, generators of pages. The product imports none of them."""
