"""Executing a run: from the committed question to the settled reply.

:mod:`execution` leads a run through its life, :mod:`waiting` is how it comes to its turn and its place, :mod:`calling`
calls the callback, :mod:`outside` is for the site that writes where no run does, :mod:`stream` is what it has said and
how that reaches the pages, :mod:`records` what it is told of the conversation, :mod:`failures` what is said and logged
of an error, :mod:`control` how a run is spoken to from anywhere, and :mod:`recovery` what a page is told that has lost
track of one.
"""
