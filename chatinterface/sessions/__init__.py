"""What a callback can do with its session, by topic; :class:`chatinterface.session.ChatSession` is made of them."""
