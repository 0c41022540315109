"""Records: activities and encounters as outside sources tell of them, each under an id of its own."""
