"""Forms (表单): what is asked, when it is asked, what must hold between answers; checked by one program everywhere.

A form is data: sections of fields, and trees of conditions. It has no loops, no functions and no text that is parsed as
code, so that every form ends, and its size bounds the work of checking it.
"""
