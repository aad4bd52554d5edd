"""The cases generator: reads instruction definitions, writes everything that is generated from them."""
