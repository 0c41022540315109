"""Writing the demo tenant: each noun goes through the door that a customer's own data would take."""
