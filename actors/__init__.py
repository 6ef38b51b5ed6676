"""How a narration runs: one actor a module, wired together by the session.

              text            sentences          audio chunks          events
    LLMReader -----> SentenceBuffer -----> TTSWorker x k -----> Sequencer -----> SocketWriter
        |                                                           |                ^
        |------------------------- text ----------------------------|----------------'
        '--------------------------> Recorder <---------------------'

Text reaches the listener's screen and the disk at once.  Audio moves right, and
only within limits that move left.
"""
