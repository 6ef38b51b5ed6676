"""What is done so that a sentence is spoken well, or its hole is told."""
