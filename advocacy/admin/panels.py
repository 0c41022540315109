"""What this floor shows on pages."""
