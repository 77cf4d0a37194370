"""Building blocks that several networks share; each has its one definition here."""
