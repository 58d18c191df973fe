"""What one does with captures: change, compare, send again, take elsewhere, bring in."""
