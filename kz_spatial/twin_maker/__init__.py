"""How the shipped twin is made, and what is known of it."""
