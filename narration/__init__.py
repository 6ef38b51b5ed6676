"""What a narration is: text, audio, stories and the services they need.

Nothing in this package knows an actor or a web request.
"""
