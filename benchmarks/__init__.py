"""How fast the road is, what it costs, and that it loses nothing while it hurries."""
