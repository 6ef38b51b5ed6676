"""The process of the embedded voice, and what it and the server say to each other."""
