"""`make bench`: how fast the jobs are, each beside its floor and its baseline in the same run.

Ratios count, not seconds: two machines differ, and one machine differs from hour to hour. Nothing here is imported by
the product.
"""
