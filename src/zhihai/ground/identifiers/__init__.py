"""Identifiers of people, organisations and places: what a number says about its bearer, as evidence.

Reading a number never judges it: a wrong check digit, an impossible birth date or a county nobody knows is told by a
flag, since the paper in a citizen's hand is what the district has to work with. Only text that can not be such a
number at all, by its length or its characters, is refused. Which sort of number a text is, is decided by the field
and the source it came from and never by its check digit: one citizen id in 31 passes as a social credit code.
"""
