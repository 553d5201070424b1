"""What can be declared of a chat, by topic; ChatInterface is all of it."""
