"""How days and moments are written, one hand with `clg.wording`."""
