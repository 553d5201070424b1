"""The signals of chatinterface."""

from __future__ import annotations

from django.dispatch import Signal

# A reply was stored for good, however it ended. Sent by the class of the chat, in a thread, with ``interface``,
# ``conversation`` and ``message``; what a receiver raises is logged.
reply_settled = Signal()

# A reader flagged a message, changed their mind, or took it back. Sent by the class of the chat, in a thread, with
# ``interface``, ``session`` and ``event``, a hooks.LikeEvent; what a receiver raises is logged.
message_liked = Signal()

# A flag was made, changed, commented or taken back: as above, with a hooks.FlagEvent.
message_flagged = Signal()

# A reader chose one of the replies that a message offers: as above, with a hooks.OptionEvent.
option_selected = Signal()

# A visitor sent an example: as above, with a hooks.ExampleEvent.
example_selected = Signal()

# A reply is written anew, in the place of one that had ended: as above, with a hooks.RetryEvent.
reply_retried = Signal()

# The last question was taken back: as above, with a hooks.UndoEvent.
message_undone = Signal()

# A conversation was cleared: as above, with a hooks.ClearEvent.
conversation_cleared = Signal()

# A reader copied a message: as above, with a hooks.CopyEvent. Pages tell of it only where somebody listens when they
# are rendered: connect receivers when the server starts.
message_copied = Signal()

# A reader selected a message: as above, with a hooks.SelectEvent, and under the same condition.
message_selected = Signal()

# A message was edited: as above, with a hooks.EditEvent.
message_edited = Signal()
