"""What there is of a scene or a story as files: audio, captions, an audiobook."""
