"""How providers sign: recognise, verify, explain and sign, one small module a scheme.

Pure functions over raw bytes; the clock is an argument.
"""
