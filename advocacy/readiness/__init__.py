"""Readiness: is the relationship with a champion good? `readiness` 1.1, 2, 3.1, 4 and 9.

One number a champion, R: the weighted mean of the newest signals, each fading with its half-life, in steps of whole
weeks. Its parts are stored beside it and sum to it exactly.
"""
